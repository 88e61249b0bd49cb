-- Submissions, what became of them, and the people behind them. Times: *_at business time, *_wall wall time; both UTC.

-- One row per form, response and submitted_at (= webhook_id), for ever: a repeat finds its first answer here.
CREATE TABLE submissions (
    submission_id uuid        PRIMARY KEY,
    position      bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    webhook_id    text        NOT NULL UNIQUE,
    form          text        NOT NULL,
    response_id   text        NOT NULL,
    order_id      uuid        NOT NULL,
    submitted_at  timestamptz NOT NULL,   -- the form's word
    edited        boolean     NOT NULL,   -- the form's word; what counts is whether the response was known
    received_at   timestamptz NOT NULL,
    received_wall timestamptz NOT NULL,
    body_sha256   bytea       NOT NULL CHECK (octet_length(body_sha256) = 32),
    body_bytes    integer     NOT NULL,
    answer_status integer     NOT NULL,
    answer_body   text        NOT NULL,
    status        text        NOT NULL DEFAULT 'received'
                  CHECK (status IN ('received', 'order', 'defect', 'edit', 'triage', 'stuck')),
    effect        text        CHECK (effect IN ('amended', 'unchanged', 'superseded')),
    reason        text,                   -- of triage; of stuck and of a failed try: the class of the error
    drifts        jsonb       NOT NULL DEFAULT '[]',
    attempts      integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    decided_at    timestamptz,
    CHECK ((status = 'edit') = (effect IS NOT NULL)),
    CHECK (status NOT IN ('triage', 'stuck') OR reason IS NOT NULL),
    CHECK ((status = 'received') = (decided_at IS NULL))
);
CREATE INDEX submissions_waiting ON submissions (position) WHERE status = 'received';
CREATE INDEX submissions_status ON submissions (status, position);
CREATE INDEX submissions_order ON submissions (order_id);

-- The raw bytes, apart, because they are kept for three years only and hold personal data.
CREATE TABLE raw_bodies (
    submission_id uuid  PRIMARY KEY REFERENCES submissions,
    body          bytea NOT NULL
);

-- Every POST that was answered 2xx.
CREATE TABLE deliveries (
    delivery_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission_id uuid        NOT NULL REFERENCES submissions,
    kind          text        NOT NULL CHECK (kind IN ('first', 'duplicate')),
    received_at   timestamptz NOT NULL,
    received_wall timestamptz NOT NULL
);
CREATE INDEX deliveries_submission ON deliveries (submission_id);
CREATE UNIQUE INDEX deliveries_first ON deliveries (submission_id) WHERE kind = 'first';

-- All defects of a submission, in the form's order; never the values.
CREATE TABLE submission_defects (
    submission_id uuid     NOT NULL REFERENCES submissions,
    place         smallint NOT NULL,
    field         text     NOT NULL,
    rule          text     NOT NULL,
    answered_by   text     NOT NULL CHECK (answered_by IN ('sales', 'desk')),
    PRIMARY KEY (submission_id, place)
);

-- How each form response stands: with an order once a submission of it was clean. No personal data.
CREATE TABLE orders (
    order_id       uuid        PRIMARY KEY,
    form           text        NOT NULL,
    response_id    text        NOT NULL,
    began_with     uuid        NOT NULL REFERENCES submissions (submission_id),
    newest_at      timestamptz NOT NULL,  -- submitted_at of the newest submission that was judged
    version        integer     NOT NULL CHECK (version >= 0),
    order_no       text        UNIQUE,
    ordered_at     timestamptz,
    customer_class text,
    building_kind  text,
    plan           text,
    applied_on     date,
    wished_on      date,
    confirmed      text[],
    UNIQUE (form, response_id),
    CHECK ((version = 0) = (order_no IS NULL)),
    CHECK (num_nulls(order_no, ordered_at, customer_class, building_kind, plan, applied_on, confirmed) IN (0, 7))
);

CREATE TABLE order_versions (
    order_id      uuid        NOT NULL REFERENCES orders,
    version       integer     NOT NULL CHECK (version > 0),
    submission_id uuid        NOT NULL UNIQUE REFERENCES submissions,
    changed       text[]      NOT NULL,   -- names of fields, never values
    decided_at    timestamptz NOT NULL,
    PRIMARY KEY (order_id, version)
);

-- The people of each response. Where there is no order yet, what was not usable is NULL.
CREATE TABLE contacts (
    order_id       uuid PRIMARY KEY REFERENCES orders,
    customer_name  text,
    customer_kana  text,
    contact_person text,
    postal_code    text,
    prefecture     text,
    city           text,
    building       text,
    phone          text,                  -- E.164
    email          text,
    sales_name     text,
    sales_email    text,
    sales_office   text,
    remarks        text
);

-- The last number given in a month (local, the first of it): a row lock makes the series gapless.
CREATE TABLE order_counters (
    month date    PRIMARY KEY,
    last  integer NOT NULL CHECK (last BETWEEN 1 AND 999999)
);

-- Rightly signed posts of a form that nobody told us of.
CREATE TABLE quarantine (
    quarantine_id bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    form          text        NOT NULL,
    webhook_id    text        NOT NULL,
    body          bytea       NOT NULL,
    body_sha256   bytea       NOT NULL,
    received_at   timestamptz NOT NULL,
    received_wall timestamptz NOT NULL,
    UNIQUE (webhook_id, body_sha256)
);

-- One line per refused post, without its body; only the newest of each kind are kept.
CREATE TABLE refusals (
    refusal_id  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    refused_wall timestamptz NOT NULL,
    status      integer     NOT NULL,
    rule        text        NOT NULL,
    body_bytes  integer     NOT NULL,     -- read so far, where it was too large
    body_sha256 bytea       NOT NULL,
    believed    boolean     NOT NULL,     -- whether the signature was right
    webhook_id  text,                     -- only where it was
    CHECK (believed OR webhook_id IS NULL)
);
CREATE INDEX refusals_kind ON refusals (believed, refusal_id);

-- One line per call of the contacts API.
CREATE TABLE contact_lookups (
    lookup_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    caller      text        NOT NULL,
    asked       integer     NOT NULL,
    found       integer     NOT NULL,
    asked_at    timestamptz NOT NULL,
    asked_wall  timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE ON submissions, orders, contacts, order_counters TO {app};
GRANT SELECT, INSERT ON raw_bodies, deliveries, submission_defects, order_versions, quarantine, contact_lookups TO {app};
GRANT SELECT, INSERT, DELETE ON refusals TO {app};
