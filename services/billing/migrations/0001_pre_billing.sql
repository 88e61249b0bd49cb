-- Contracts, the cycles that are to be billed, and invoices that nobody can change.

CREATE TABLE contracts (
    account_id     uuid PRIMARY KEY,
    order_id       uuid NOT NULL UNIQUE,
    order_no       text NOT NULL UNIQUE,
    plan           text NOT NULL,
    activated_on   date NOT NULL,
    opened_at      timestamptz NOT NULL,
    activation_id  uuid NOT NULL UNIQUE,
    correlation_id uuid NOT NULL
);
COMMENT ON COLUMN contracts.activated_on IS 'First billed day; a date in Asia/Tokyo.';
COMMENT ON COLUMN contracts.opened_at IS 'Business time at which billing learned of the activation.';
COMMENT ON COLUMN contracts.activation_id IS 'The event order.activated that opened the contract.';

-- One month of one account. bill_at is a deadline: late is the same as on time.
CREATE TABLE cycles (
    account_id uuid NOT NULL REFERENCES contracts,
    month      date NOT NULL CHECK (extract(day FROM month) = 1),
    bill_at    timestamptz NOT NULL,
    late       boolean NOT NULL,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'invoiced', 'parked')),
    attempts   integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    reason     text,
    PRIMARY KEY (account_id, month)
);
CREATE INDEX cycles_due ON cycles (bill_at, account_id) WHERE state = 'open';
COMMENT ON COLUMN cycles.late IS 'The month had been closed before billing learned of the activation.';
COMMENT ON COLUMN cycles.reason IS 'Code of what stopped the last attempt; NULL if nothing did.';

-- The counter of a series: taken in the transaction of the invoice, so that a rollback leaves no gap.
CREATE TABLE invoice_series (
    year integer PRIMARY KEY CHECK (year BETWEEN 2000 AND 9999),
    last integer NOT NULL CHECK (last >= 0)
);

CREATE TABLE invoices (
    invoice_id          uuid PRIMARY KEY,
    year                integer NOT NULL,
    serial              integer NOT NULL CHECK (serial >= 1),
    number              text NOT NULL UNIQUE CHECK (number = 'INV-' || year || '-'
                            || lpad(serial::text, greatest(6, length(serial::text)), '0')),
    account_id          uuid NOT NULL REFERENCES contracts,
    month               date NOT NULL CHECK (extract(day FROM month) = 1),
    late                boolean NOT NULL,
    issued_on           date NOT NULL CHECK (extract(year FROM issued_on) = year),
    issued_at           timestamptz NOT NULL,
    due_on              date NOT NULL CHECK (due_on >= issued_on),
    issuer_name         text NOT NULL CHECK (issuer_name <> ''),
    issuer_registration text NOT NULL CHECK (issuer_registration ~ '^T[1-9][0-9]{12}$'),
    net_yen             bigint NOT NULL,
    tax_yen             bigint NOT NULL,
    total_yen           bigint NOT NULL CHECK (total_yen = net_yen + tax_yen),
    UNIQUE (year, serial),
    UNIQUE (account_id, month),
    FOREIGN KEY (account_id, month) REFERENCES cycles
);
CREATE INDEX invoices_by_month ON invoices (month, year, serial);
CREATE INDEX invoices_by_account_and_day ON invoices (account_id, issued_on);
COMMENT ON COLUMN invoices.month IS 'First day of the billed month; issued_on and due_on are dates in Asia/Tokyo as well.';

CREATE TABLE invoice_lines (
    invoice_id      uuid NOT NULL REFERENCES invoices,
    line_no         integer NOT NULL CHECK (line_no >= 1),
    code            text NOT NULL,
    clause          text NOT NULL CHECK (clause <> ''),
    source          text NOT NULL CHECK (source <> ''),
    tariff_version  text NOT NULL,
    label_en        text NOT NULL,
    label_ja        text NOT NULL,
    service         daterange NOT NULL CHECK (NOT isempty(service)),
    inputs          jsonb NOT NULL,
    rounding        text,
    net_yen         bigint NOT NULL,
    explanation     text NOT NULL CHECK (explanation <> ''),
    tax_rate_code   text NOT NULL,
    tax_percent     numeric(5, 2) NOT NULL,
    tax_decided_by  date NOT NULL,
    tax_reason      text NOT NULL CHECK (tax_reason <> ''),
    PRIMARY KEY (invoice_id, line_no)
);

-- Tax is kept per rate and invoice, never per line: it is rounded here and nowhere else.
CREATE TABLE invoice_taxes (
    invoice_id uuid NOT NULL REFERENCES invoices,
    rate_code  text NOT NULL,
    percent    numeric(5, 2) NOT NULL,
    base_yen   bigint NOT NULL,
    tax_yen    bigint NOT NULL,
    rounding   text NOT NULL,
    PRIMARY KEY (invoice_id, rate_code)
);

-- Personal data: stays in this database, in this table.
CREATE TABLE invoice_recipients (
    invoice_id     uuid PRIMARY KEY REFERENCES invoices,
    name           text NOT NULL CHECK (name <> ''),
    contact_person text,
    postal_code    text NOT NULL,
    address        text NOT NULL CHECK (address <> '')
);

-- What is issued stays: no role may change or remove it, not even the owner of the tables.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: invoices are immutable', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON invoices
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_taxes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER immutable BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_recipients
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- An invoice is whole at its commit, and it adds up; a line, tax row or recipient cannot come later.
CREATE FUNCTION refuse_unless_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    invoice invoices%ROWTYPE;
BEGIN
    SELECT * INTO STRICT invoice FROM invoices WHERE invoice_id = NEW.invoice_id;
    IF invoice.net_yen IS DISTINCT FROM (SELECT sum(net_yen) FROM invoice_lines WHERE invoice_id = NEW.invoice_id)
       OR invoice.net_yen IS DISTINCT FROM (SELECT sum(base_yen) FROM invoice_taxes WHERE invoice_id = NEW.invoice_id)
       OR invoice.tax_yen IS DISTINCT FROM (SELECT sum(tax_yen) FROM invoice_taxes WHERE invoice_id = NEW.invoice_id)
       OR NOT EXISTS (SELECT 1 FROM invoice_recipients WHERE invoice_id = NEW.invoice_id)
    THEN
        RAISE EXCEPTION 'invoice % is not whole or does not add up', NEW.invoice_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER whole AFTER INSERT ON invoices
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_unless_whole();

CREATE FUNCTION refuse_late_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1
          FROM added JOIN invoices USING (invoice_id)
         WHERE invoices.xmin <> pg_current_xact_id()::xid
    ) THEN
        RAISE EXCEPTION 'INSERT into % is refused: the invoice is issued', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER no_later AFTER INSERT ON invoice_lines REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_part();
CREATE TRIGGER no_later AFTER INSERT ON invoice_taxes REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_part();
CREATE TRIGGER no_later AFTER INSERT ON invoice_recipients REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_late_part();

GRANT SELECT, INSERT ON contracts TO {app};
GRANT SELECT, INSERT, UPDATE ON cycles TO {app};
GRANT SELECT, INSERT, UPDATE ON invoice_series TO {app};
GRANT SELECT, INSERT ON invoices, invoice_lines, invoice_taxes, invoice_recipients TO {app};
