-- Orders as the fold of their history, running deadlines, claims that wait for their order, refused claims.
-- Dates are dates in Asia/Tokyo, instants are business time. {app} is the role that serves; this runs as the owner.

CREATE TABLE orders (
    order_id              uuid        PRIMARY KEY,
    order_no              text        NOT NULL UNIQUE,
    correlation_id        uuid        NOT NULL,
    area                  text        NOT NULL CHECK (area IN ('east', 'west')),
    plan                  text        NOT NULL CHECK (plan <> ''),
    building_kind         text        NOT NULL CHECK (building_kind IN ('detached', 'collective')),
    sales_office          text        NOT NULL,
    applied_on            date        NOT NULL,
    wished_on             date,
    content_version       integer     NOT NULL CHECK (content_version >= 1),
    opened_at             timestamptz NOT NULL,
    consult_due_on        date        NOT NULL,
    consult_due_at        timestamptz NOT NULL,
    state                 text        NOT NULL CHECK (state IN (
                              'awaiting_consult', 'awaiting_service_order', 'awaiting_address_registration',
                              'awaiting_construction_date', 'date_held', 'date_confirmed', 'awaiting_customer',
                              'construction_scheduled', 'active', 'cancelled')),
    since                 timestamptz NOT NULL,
    sequence              integer     NOT NULL CHECK (sequence >= 1),
    attempt               integer     NOT NULL CHECK (attempt >= 0),
    met                   smallint[]  NOT NULL CHECK (met <@ ARRAY[2, 3, 4, 5, 6, 7]::smallint[]),
    pattern               smallint    NOT NULL GENERATED ALWAYS AS (coalesce(met[cardinality(met)], 1)) STORED,
    overdue               text[]      NOT NULL CHECK (overdue <@ ARRAY['consult_overdue']),
    consulted_on          date,
    registration_usual_by date,
    registered_on         date,
    carrier_order_no      text        CHECK (carrier_order_no <> ''),
    held_on               date,
    answer_by             date,
    answer_due_at         timestamptz,
    answered_on           date,
    survey_on             date,
    construction_on       date,
    replaced_on           date,
    activated_on          date,
    -- What the machine promises. A cancelled order keeps what it had.
    CONSTRAINT day_n CHECK (
        state = 'cancelled' OR (state = 'awaiting_consult') = (consulted_on IS NULL)),
    CONSTRAINT asked_since_day_n CHECK ((attempt = 0) = (consulted_on IS NULL)),
    CONSTRAINT carrier_has_it CHECK (
        state = 'cancelled' OR carrier_order_no IS NOT NULL OR
        state IN ('awaiting_consult', 'awaiting_service_order', 'awaiting_address_registration')),
    CONSTRAINT held_date CHECK (
        state = 'cancelled' OR (state IN ('date_held', 'date_confirmed')) = (held_on IS NOT NULL)),
    CONSTRAINT answer_deadline CHECK (
        (answer_by IS NULL) = (answer_due_at IS NULL) AND
        (state = 'cancelled' OR (state = 'date_held') = (answer_by IS NOT NULL)) AND answer_by <= held_on),
    CONSTRAINT fixed_date CHECK (
        state = 'cancelled' OR (state IN ('construction_scheduled', 'active')) = (construction_on IS NOT NULL)),
    CONSTRAINT survey_before_construction CHECK (
        survey_on IS NULL OR (construction_on IS NOT NULL AND survey_on <= construction_on)),
    CONSTRAINT one_date_at_a_time CHECK (
        num_nonnulls(held_on, construction_on) <= 1 AND num_nonnulls(replaced_on, construction_on) <= 1),
    CONSTRAINT lit_on_its_day CHECK (
        (state = 'active') = (activated_on IS NOT NULL) AND (activated_on IS NULL OR activated_on = construction_on)),
    CONSTRAINT withdrawn_means_pattern_5 CHECK (replaced_on IS NULL OR 5 = ANY (met)),
    CONSTRAINT customer_late_means_pattern_7 CHECK (state <> 'awaiting_customer' OR 7 = ANY (met)),
    CONSTRAINT registration_means_pattern_2 CHECK (
        (registration_usual_by IS NOT NULL) = (2 = ANY (met)) AND
        (registered_on IS NULL OR registration_usual_by IS NOT NULL) AND
        (state <> 'awaiting_address_registration' OR (registration_usual_by IS NOT NULL AND registered_on IS NULL))),
    CONSTRAINT nothing_late_when_done CHECK (overdue = '{}' OR state = 'awaiting_consult')
) WITH (fillfactor = 80);
COMMENT ON COLUMN orders.sequence IS 'Number of facts in the history, and the version of the row.';
COMMENT ON COLUMN orders.met IS 'Delay patterns met, in order, without pattern 1.';
COMMENT ON COLUMN orders.pattern IS 'The pattern in force.';
COMMENT ON COLUMN orders.correlation_id IS 'The submission that the order began with.';
CREATE INDEX orders_by_state ON orders (state, order_no);
CREATE INDEX orders_by_pattern ON orders (pattern, order_no);

-- The truth: an order is the fold of its rows here. Nobody changes or removes one. details holds no personal data.
CREATE TABLE order_history (
    order_id    uuid        NOT NULL REFERENCES orders,
    sequence    integer     NOT NULL CHECK (sequence >= 1),
    fact        text        NOT NULL,
    details     jsonb       NOT NULL,
    cause_id    uuid        NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (order_id, sequence),
    CONSTRAINT opened_first CHECK ((fact = 'order_opened') = (sequence = 1))
);
COMMENT ON COLUMN order_history.cause_id IS 'The event that brought the fact, or uuid5 of a deadline and its due time.';
COMMENT ON COLUMN order_history.occurred_at IS 'When it happened, business time; recorded_at: when it was written here.';
-- A row of orders cannot be committed without the fact that made it.
ALTER TABLE orders ADD CONSTRAINT made_by_a_fact
    FOREIGN KEY (order_id, sequence) REFERENCES order_history DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: a history is only added to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON order_history
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Deadlines that run. A fact that arrives in time removes its row; a tick fires the others, late or not.
CREATE TABLE deadlines (
    deadline_id uuid        PRIMARY KEY,
    order_id    uuid        NOT NULL REFERENCES orders,
    kind        text        NOT NULL CHECK (kind IN ('consult_due', 'answer_by')),
    due_on      date        NOT NULL,
    due_at      timestamptz NOT NULL,
    UNIQUE (order_id, kind)
);
CREATE INDEX deadlines_due ON deadlines (due_at, order_id);

-- Claims for an order that is not known yet: topics are independent, the order may still be on its way.
CREATE TABLE waiting_claims (
    position       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    claim_id       uuid        NOT NULL UNIQUE,
    order_no       text        NOT NULL,
    type           text        NOT NULL,
    body           text        NOT NULL,
    occurred_at    timestamptz NOT NULL,
    correlation_id uuid        NOT NULL,
    traceparent    text,
    received_at    timestamptz NOT NULL,
    refuse_at      timestamptz NOT NULL
);
CREATE INDEX waiting_claims_by_order ON waiting_claims (order_no, position);
CREATE INDEX waiting_claims_due ON waiting_claims (refuse_at);

-- What was not accepted, for those who ask; the partner hears it by claim.refused.
CREATE TABLE refused_claims (
    claim_id    uuid        PRIMARY KEY,
    order_no    text        NOT NULL,
    claim_type  text        NOT NULL,
    code        text        NOT NULL,
    state       text,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL
);
CREATE INDEX refused_claims_by_order ON refused_claims (order_no, recorded_at);

GRANT SELECT, INSERT, UPDATE ON orders TO {app};
GRANT SELECT, INSERT ON order_history, refused_claims TO {app};
GRANT SELECT, INSERT, DELETE ON deadlines, waiting_claims TO {app};
