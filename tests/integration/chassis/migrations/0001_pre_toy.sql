-- What the made-up service of these tests keeps: what it saw, in the order in which it saw it.
CREATE TABLE seen (
    place    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id uuid   NOT NULL,
    sequence bigint,
    office   text   NOT NULL CHECK (office <> 'NO0000')
);
CREATE TABLE deadlines (
    due_at timestamptz NOT NULL,
    fired  integer     NOT NULL DEFAULT 0
);
GRANT SELECT, INSERT ON seen TO {app};
GRANT SELECT, INSERT, UPDATE ON deadlines TO {app};
