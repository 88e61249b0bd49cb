-- All seven patterns: surveys, works and permits, plant inquiries, calls that reach nobody, days called off, wishes.

ALTER TABLE orders
    ADD COLUMN consult_scheduled_on date,
    ADD COLUMN consult_tries        integer  NOT NULL DEFAULT 0 CHECK (consult_tries >= 0),
    ADD COLUMN consult_tried_on     date,
    ADD COLUMN consult_next_on      date,
    ADD COLUMN consult_next_at      timestamptz,
    ADD COLUMN plant_asked_on       date,
    ADD COLUMN plant_answered_on    date,
    ADD COLUMN earliest_offered_on  date,
    ADD COLUMN survey_kind          text     CHECK (survey_kind IN ('building', 'outside')),
    ADD COLUMN surveyed_on          date,
    ADD COLUMN obstacles            text[]   NOT NULL DEFAULT '{}'
        CHECK (obstacles <@ ARRAY['general_works', 'road_use_permit', 'owner_permit']),
    ADD COLUMN cleared              text[]   NOT NULL DEFAULT '{}'
        CHECK (cleared <@ ARRAY['general_works', 'road_use_permit', 'owner_permit']),
    ADD COLUMN works_expected_by    date,
    ADD COLUMN called_off_on        date,
    DROP CONSTRAINT orders_state_check,
    DROP CONSTRAINT survey_before_construction,
    DROP CONSTRAINT withdrawn_means_pattern_5,
    ADD CONSTRAINT orders_state_check CHECK (state IN (
        'awaiting_consult', 'awaiting_service_order', 'awaiting_address_registration',
        'awaiting_construction_date', 'awaiting_plant_answer', 'awaiting_survey', 'awaiting_works', 'date_held',
        'date_confirmed', 'awaiting_customer', 'awaiting_sales', 'construction_scheduled', 'active', 'cancelled')),
    ADD CONSTRAINT survey_before_construction CHECK (
        survey_on IS NULL OR state IN ('awaiting_survey', 'cancelled') OR
        (construction_on IS NOT NULL AND survey_on <= construction_on)),
    ADD CONSTRAINT survey_is_awaited CHECK (
        state = 'cancelled' OR (state = 'awaiting_survey') = (survey_kind IS NOT NULL)),
    ADD CONSTRAINT works_are_awaited CHECK (
        (state = 'cancelled' OR (state = 'awaiting_works') = (obstacles <> '{}')) AND NOT obstacles && cleared),
    ADD CONSTRAINT plant_asked_means_pattern_6 CHECK (
        (plant_asked_on IS NULL OR 6 = ANY (met)) AND
        (state = 'cancelled' OR (state = 'awaiting_plant_answer') = (plant_asked_on IS NOT NULL AND plant_answered_on IS NULL))),
    ADD CONSTRAINT calls CHECK (
        (consult_tries = 0) = (consult_tried_on IS NULL) AND (consult_next_on IS NULL) = (consult_next_at IS NULL) AND
        (consult_next_on IS NULL OR state IN ('awaiting_consult', 'cancelled')) AND
        (consult_scheduled_on IS NULL OR state IN ('awaiting_consult', 'cancelled'))),
    ADD CONSTRAINT sales_late_means_pattern_7 CHECK (state <> 'awaiting_sales' OR 7 = ANY (met));
COMMENT ON COLUMN orders.obstacles IS 'Works and permits under way; cleared: those that are done.';
COMMENT ON COLUMN orders.surveyed_on IS 'Day of the last survey that took place, from which pattern 3 counts.';
