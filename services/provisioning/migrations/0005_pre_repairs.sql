-- Repairs of many orders at once: what a plan showed, order by order, what became of it, and what can be taken back.

ALTER TABLE orders
    ADD COLUMN reopen_state   text,
    ADD COLUMN reopen_plan_id uuid,
    ADD CONSTRAINT reopened_by_its_plan CHECK (
        (reopen_state IS NULL) = (reopen_plan_id IS NULL) AND
        (reopen_state IS NULL OR (state = 'cancelled' AND reopen_state NOT IN ('cancelled', 'active'))));
COMMENT ON COLUMN orders.reopen_state IS 'Where it was when the plan reopen_plan_id cancelled it.';

CREATE TABLE repair_plans (
    plan_id    uuid        PRIMARY KEY,
    action     text        NOT NULL CHECK (action IN ('cancel', 'change_wish', 'ask_again')),
    parameters jsonb       NOT NULL,
    filter     jsonb       NOT NULL,
    matching   integer     NOT NULL CHECK (matching >= 0),
    planned_by text        NOT NULL CHECK (planned_by <> ''),
    why        text        NOT NULL CHECK (why <> ''),
    planned_at timestamptz NOT NULL,
    applied_by text,
    applied_at timestamptz,
    undone_by  text,
    undone_why text,
    undone_at  timestamptz,
    CHECK ((applied_by IS NULL) = (applied_at IS NULL)),
    CHECK ((undone_by IS NULL) = (undone_at IS NULL) AND (undone_by IS NULL) = (undone_why IS NULL))
);
COMMENT ON COLUMN repair_plans.matching IS 'How many orders the filter found; the plan takes the first of them up to its limit.';
COMMENT ON COLUMN repair_plans.applied_at IS 'When applying began, business time.';

-- One row per order of a plan. The history of the order holds the fact; its cause is derived from plan and order.
CREATE TABLE repair_orders (
    plan_id       uuid    NOT NULL REFERENCES repair_plans,
    order_id      uuid    NOT NULL REFERENCES orders,
    order_no      text    NOT NULL,
    seen_sequence integer NOT NULL CHECK (seen_sequence >= 1),
    state_before  text    NOT NULL,
    state_after   text,
    code          text,
    outcome       text    NOT NULL CHECK (outcome IN (
                      'planned', 'refused', 'applied', 'changed_meanwhile', 'undone', 'undo_refused')),
    PRIMARY KEY (plan_id, order_id),
    CONSTRAINT effect_or_refusal CHECK (state_after IS NOT NULL OR outcome = 'refused'),
    CONSTRAINT refusals_have_codes CHECK ((code IS NOT NULL) = (outcome IN ('refused', 'undo_refused')))
);
COMMENT ON COLUMN repair_orders.seen_sequence IS 'Where the history stood when the plan was made: applied only if it still stands there.';
COMMENT ON COLUMN repair_orders.state_after IS 'What the plan shows, and what applying it makes.';

GRANT SELECT, INSERT, UPDATE ON repair_plans, repair_orders TO {app};
