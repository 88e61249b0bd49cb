-- A notice may be about the date that we stand by.
ALTER TABLE notices
    DROP CONSTRAINT notices_kind_check,
    ADD CONSTRAINT notices_kind_check CHECK (
        kind IN ('defect', 'consult', 'construction_date', 'date_change', 'promise', 'lit', 'invoice'));
