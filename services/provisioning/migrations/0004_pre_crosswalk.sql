-- The crosswalk: every delay that the carrier reported, and the rules that people made of their answers.
-- Rules that come with the service stand in data/crosswalk.toml. Instants are business time.

ALTER TABLE orders ADD COLUMN delay text;
COMMENT ON COLUMN orders.delay IS 'Reason/responsible/action reported last in this state; null again when the state changes.';

-- The only place for the carrier's words: they may name a person, so no event, log or listing shows them.
CREATE TABLE delay_reports (
    report_id      uuid        PRIMARY KEY,
    position       bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    order_no       text        NOT NULL,
    code           text,
    words          text,
    code_key       text        NOT NULL,
    words_key      text        NOT NULL,
    occurred_at    timestamptz NOT NULL,
    received_at    timestamptz NOT NULL,
    correlation_id uuid        NOT NULL,
    traceparent    text,
    rule           text,
    pattern        smallint    CHECK (pattern BETWEEN 3 AND 7),
    reason         text,
    responsible    text,
    action         text,
    settled_at     timestamptz,
    settled_by     uuid,
    CONSTRAINT says_something CHECK (num_nonnulls(code, words) > 0),
    CONSTRAINT queued_or_mapped CHECK (num_nonnulls(rule, reason, responsible, action, settled_at) IN (0, 5)),
    CONSTRAINT no_pattern_without_a_rule CHECK (pattern IS NULL OR rule IS NOT NULL)
);
COMMENT ON COLUMN delay_reports.report_id IS 'The claim.';
COMMENT ON COLUMN delay_reports.rule IS 'id@version that mapped it; null while it waits for a person.';
COMMENT ON COLUMN delay_reports.settled_by IS 'The request that brought the rule, when it had waited.';
CREATE INDEX delay_reports_queue ON delay_reports (position) WHERE rule IS NULL;
CREATE INDEX delay_reports_by_code ON delay_reports (code_key);

CREATE TABLE crosswalk_rules (
    rule_id     text        NOT NULL,
    version     integer     NOT NULL CHECK (version >= 1),
    kind        text        NOT NULL CHECK (kind IN ('code', 'phrase')),
    key         text        NOT NULL CHECK (key <> ''),
    pattern     smallint    CHECK (pattern BETWEEN 3 AND 7),
    reason      text        NOT NULL,
    responsible text        NOT NULL,
    action      text        NOT NULL,
    since       timestamptz,
    request_id  uuid        NOT NULL UNIQUE,
    report_id   uuid        NOT NULL REFERENCES delay_reports,
    adopted_by  text        NOT NULL,
    note        text        NOT NULL CHECK (note <> ''),
    adopted_at  timestamptz NOT NULL,
    PRIMARY KEY (rule_id, version),
    UNIQUE (kind, key, version)
);
COMMENT ON COLUMN crosswalk_rules.since IS 'Only for reports said from then on; null: for all.';
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE ON crosswalk_rules
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT, UPDATE ON delay_reports TO {app};
GRANT SELECT, INSERT ON crosswalk_rules TO {app};
