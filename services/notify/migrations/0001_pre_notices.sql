-- One row per notice to one recipient. No personal data: who and which order, never a name, an address or the text.
CREATE TABLE notices (
    position       bigint GENERATED ALWAYS AS IDENTITY,
    notice_id      uuid PRIMARY KEY,
    order_id       uuid NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('defect', 'consult', 'construction_date', 'date_change', 'lit', 'invoice')),
    letter         text NOT NULL,
    recipient      text NOT NULL CHECK (recipient IN ('customer', 'sales')),
    facts          jsonb NOT NULL,          -- dates, numbers and codes that the text is made of
    cause_id       uuid NOT NULL,           -- the event that made the notice
    correlation_id uuid NOT NULL,
    traceparent    text,
    made_at        timestamptz NOT NULL,    -- business time, as all times here
    not_before     timestamptz NOT NULL,    -- first decent moment after made_at; giving up counts from here
    next_try_at    timestamptz NOT NULL,
    status         text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'failed', 'withdrawn')),
    attempts       integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    last_reply     integer,                 -- code of the mail server's last answer, never its words
    code           text,                    -- why it failed
    settled_at     timestamptz,
    text_sha256    bytea CHECK (octet_length(text_sha256) = 32),
    CHECK ((status = 'pending') = (settled_at IS NULL)),
    CHECK ((status = 'failed') = (code IS NOT NULL)),
    CHECK (status <> 'sent' OR text_sha256 IS NOT NULL)
);
CREATE UNIQUE INDEX notices_position ON notices (position);
CREATE INDEX notices_due ON notices (next_try_at) WHERE status = 'pending';
CREATE INDEX notices_waiting_line ON notices (order_id, recipient, position) WHERE status = 'pending';

GRANT SELECT, INSERT, UPDATE ON notices TO {app};
