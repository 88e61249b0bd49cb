-- What the chassis needs in every service's database. {app} is the role that serves; this runs as the owner.

-- The service's log of everything it announced, kept; one partition per month of recorded_at (business time).
CREATE TABLE published_events (
    recorded_at    timestamptz NOT NULL,
    event_id       uuid        NOT NULL,
    source         text        NOT NULL,
    type           text        NOT NULL,
    topic          text        NOT NULL,
    subject        text        NOT NULL,
    sequence       bigint      NOT NULL CHECK (sequence > 0),
    occurred_at    timestamptz NOT NULL,
    correlation_id uuid        NOT NULL,
    causation_id   uuid,
    traceparent    text,
    body           text        NOT NULL,
    PRIMARY KEY (recorded_at, event_id)
) PARTITION BY RANGE (recorded_at);
CREATE INDEX published_events_subject ON published_events (subject, sequence);

-- Partitions belong to the owner, months pass while the app role serves: so it may call this, and only this.
-- ATTACH, not PARTITION OF: writers of other months go on meanwhile.
CREATE FUNCTION ensure_events_partition(instant timestamptz) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first_of_month timestamptz := date_trunc('month', instant, 'UTC');
    partition_name text := 'published_events_' || to_char(instant AT TIME ZONE 'UTC', 'YYYY_MM');
BEGIN
    IF to_regclass(partition_name) IS NOT NULL THEN
        RETURN true;
    END IF;
    IF instant < '2000-01-01Z' OR instant >= '2200-01-01Z' THEN
        RAISE EXCEPTION 'no partition for this month' USING ERRCODE = '22008';
    END IF;
    -- The lock that ATTACH takes anyway; taking it also shows us a partition that somebody else made meanwhile.
    LOCK TABLE published_events IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(partition_name) IS NULL THEN
        EXECUTE format('CREATE TABLE %I (LIKE published_events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition_name);
        EXECUTE format('ALTER TABLE published_events ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       partition_name, first_of_month, (first_of_month AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
    END IF;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION ensure_events_partition(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_events_partition(timestamptz) TO {app};

-- What the relay has still to send, thin; the body is in the log.
CREATE TABLE outbox (
    position    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    event_id    uuid        NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

CREATE TABLE event_sequences (
    subject text   PRIMARY KEY,
    last    bigint NOT NULL CHECK (last > 0)
) WITH (fillfactor = 80);

-- Our own events: how far each subject was consumed, for ever.
CREATE TABLE inbox_high_water (
    consumer text   NOT NULL,
    source   text   NOT NULL,
    subject  text   NOT NULL,
    sequence bigint NOT NULL CHECK (sequence > 0),
    PRIMARY KEY (consumer, source, subject)
) WITH (fillfactor = 80);

-- Claims of partners have no sequence; rows may go after 90 days.
CREATE TABLE inbox_claims (
    consumer text        NOT NULL,
    event_id uuid        NOT NULL,
    seen_at  timestamptz NOT NULL,
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX inbox_claims_seen_at ON inbox_claims (seen_at);

-- Records that could not be handled (consumer = group), or that the broker refused (consumer = 'relay').
CREATE TABLE dead_letters (
    id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer       text        NOT NULL,
    topic          text        NOT NULL,
    partition      integer     NOT NULL,
    record_offset  bigint      NOT NULL,
    digest         bytea       NOT NULL,
    record_key     bytea,
    record_value   bytea,
    record_headers json        NOT NULL,
    subject        text,
    event_id       uuid,
    type           text,
    sequence       bigint,
    correlation_id uuid,
    reason         text        NOT NULL CHECK (reason IN ('malformed', 'unsupported', 'rejected', 'unexpected', 'behind', 'refused')),
    error_class    text        NOT NULL,
    detail         text        NOT NULL DEFAULT '',
    status         text        NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'queued', 'replayed', 'discarded')),
    tries          integer     NOT NULL DEFAULT 0,
    dead_at        timestamptz NOT NULL,
    closed_at      timestamptz,
    closed_by      text,
    note           text,
    UNIQUE (consumer, topic, partition, record_offset, digest)
);
-- A key is held while it has an unexpected or refused letter that is open, or letters queued behind one.
CREATE INDEX dead_letters_held ON dead_letters (consumer, subject)
    WHERE status IN ('open', 'queued') AND reason IN ('unexpected', 'behind', 'refused');
CREATE INDEX dead_letters_status ON dead_letters (status, id);

CREATE TABLE service_facts (
    key   text PRIMARY KEY,
    value text NOT NULL
);

GRANT SELECT, INSERT ON published_events TO {app};
GRANT SELECT, INSERT, DELETE ON outbox TO {app};
GRANT SELECT, INSERT, UPDATE ON event_sequences, inbox_high_water, dead_letters TO {app};
GRANT SELECT, INSERT, DELETE ON inbox_claims TO {app};
GRANT SELECT, INSERT ON service_facts TO {app};
