-- What was expected after each fact, what we stood by, who was told; and the models that said so.

-- Models are kept: a forecast names the one that made it.
CREATE TABLE forecast_models (
    position  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version   text        NOT NULL,
    fitted_at timestamptz NOT NULL,
    closed    integer     NOT NULL CHECK (closed >= 0),
    body      text        NOT NULL
);
COMMENT ON COLUMN forecast_models.version IS 'Digest of the content; equal models have equal versions.';
COMMENT ON COLUMN forecast_models.closed IS 'Closed orders that it has seen.';

-- What held after each fact, as the prediction needs it: it learns from these, without folding histories again.
CREATE TABLE order_turns (
    order_id   uuid     NOT NULL REFERENCES orders,
    sequence   integer  NOT NULL,
    on_day     date     NOT NULL,
    pattern    smallint NOT NULL CHECK (pattern BETWEEN 1 AND 7),
    started_on date,
    held_on    date,
    fixed_on   date,
    PRIMARY KEY (order_id, sequence)
);
COMMENT ON COLUMN order_turns.on_day IS 'Local day on which it was recorded.';
COMMENT ON COLUMN order_turns.started_on IS 'Day from which the lead time counts: day N, in pattern 3 the survey.';

CREATE TABLE forecasts (
    order_id      uuid        NOT NULL REFERENCES orders,
    sequence      integer     NOT NULL,
    pattern       smallint    NOT NULL CHECK (pattern BETWEEN 1 AND 7),
    earliest_on   date        NOT NULL,
    p10_on        date        NOT NULL,
    p50_on        date        NOT NULL,
    p90_on        date        NOT NULL,
    basis         text        NOT NULL CHECK (basis IN ('rule', 'history')),
    comparable    integer     NOT NULL CHECK (comparable >= 0),
    model_version text        NOT NULL,
    low_part      real        NOT NULL CHECK (low_part BETWEEN 0 AND 1),
    high_part     real        NOT NULL CHECK (high_part BETWEEN 0 AND 1),
    recorded_at   timestamptz NOT NULL,
    PRIMARY KEY (order_id, sequence),
    CONSTRAINT in_order CHECK (earliest_on <= p10_on AND p10_on <= p50_on AND p50_on <= p90_on)
);

-- Wished and promised dates are different facts; what was projected stands in forecasts. Only added to.
CREATE TABLE date_ledger (
    order_id    uuid        NOT NULL REFERENCES orders,
    sequence    integer     NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('wished', 'promised')),
    day         date,
    author      text        NOT NULL CHECK (author IN ('sales', 'customer', 'rule')),
    cause       text        NOT NULL,
    cause_id    uuid        NOT NULL,
    event_ids   uuid[]      NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, kind, sequence)
);
COMMENT ON COLUMN date_ledger.sequence IS 'The fact of the history that set the date.';
COMMENT ON COLUMN date_ledger.event_ids IS 'Events that announce it; who was told of one was told of the date.';
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON date_ledger
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE told (
    notice_id uuid        PRIMARY KEY,
    event_id  uuid        NOT NULL,
    order_id  uuid        NOT NULL,
    recipient text        NOT NULL,
    kind      text        NOT NULL,
    sent_at   timestamptz NOT NULL
);
COMMENT ON COLUMN told.event_id IS 'The event of which somebody was told; recipient is a role, never a person.';
CREATE INDEX told_by_order ON told (order_id, event_id);
CREATE INDEX orders_by_end ON orders (since DESC, order_id) WHERE state = 'active';
CREATE INDEX orders_by_opening ON orders (opened_at DESC, order_id);

GRANT SELECT, INSERT ON forecast_models, order_turns, forecasts, date_ledger, told TO {app};
