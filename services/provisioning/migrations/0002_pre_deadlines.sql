-- Deadlines of all kinds with their arithmetic, jeopardies of all causes, the instant of an order's latest fact.

ALTER TABLE orders
    ADD COLUMN last_at timestamptz,
    DROP CONSTRAINT orders_overdue_check,
    DROP CONSTRAINT nothing_late_when_done,
    ADD CONSTRAINT orders_overdue_check CHECK (overdue <@ ARRAY[
        'consult_overdue', 'retry_overdue', 'answer_overdue', 'registration_overdue', 'plant_answer_overdue',
        'works_overdue', 'permit_overdue', 'no_date', 'late_date', 'wish_impossible', 'wish_missed']),
    ADD CONSTRAINT nothing_late_when_done CHECK (
        (overdue = '{}' OR state NOT IN ('active', 'cancelled')) AND
        (state = 'awaiting_consult' OR NOT overdue && ARRAY['consult_overdue', 'retry_overdue']) AND
        (state <> 'awaiting_consult' OR NOT 'no_date' = ANY (overdue)));

UPDATE orders AS o
   SET last_at = (
       SELECT max(h.occurred_at)
         FROM order_history AS h
        WHERE h.order_id = o.order_id AND NOT EXISTS (
              SELECT
                FROM order_history AS e
               WHERE e.order_id = h.order_id AND e.sequence < h.sequence
                     AND e.fact IN ('construction_completed', 'order_cancelled')));

ALTER TABLE orders
    ALTER COLUMN last_at SET NOT NULL,
    ADD CONSTRAINT nothing_after_the_last CHECK (last_at >= since AND last_at >= opened_at);
COMMENT ON COLUMN orders.last_at IS 'When the latest fact happened; of an ended order, the one that ended it.';
COMMENT ON COLUMN orders.overdue IS 'What endangers the order now; level, day and who must act stand in the history.';

-- arithmetic: the calendar, the day from which is counted, what is left out and why, the result.
ALTER TABLE deadlines
    ADD COLUMN arithmetic jsonb,
    DROP CONSTRAINT deadlines_kind_check,
    ADD CONSTRAINT deadlines_kind_check CHECK (kind IN (
        'consult_due', 'next_try', 'answer_by', 'survey_reminder', 'construction_reminder', 'registration_usual',
        'plant_answer', 'works_wait', 'permit_wait', 'usual_time', 'wished_day'));
COMMENT ON COLUMN deadlines.arithmetic IS 'How the day was counted; null for those older than this column.';
