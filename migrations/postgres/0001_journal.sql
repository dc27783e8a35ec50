-- The journal: what happened in every run, the texts it names, and what follows from it, kept in the same transaction.

CREATE TABLE baton.runs (
  run      text PRIMARY KEY,
  workflow text NOT NULL,
  title    text NOT NULL,
  project  text NOT NULL,
  key      text NOT NULL,     -- the submitter's
  created  bigint NOT NULL,   -- milliseconds since 1970
  updated  bigint NOT NULL,
  status   text NOT NULL,
  spent    bigint NOT NULL,   -- picodollars
  events   integer NOT NULL,  -- how many; also the last one's number
  tip      bytea NOT NULL     -- the last one's hash
);
CREATE INDEX runs_by_age ON baton.runs (created DESC, run);

-- One run for each key that a submitter gave.
CREATE TABLE baton.run_keys (
  key text PRIMARY KEY,
  run text NOT NULL
);

CREATE TABLE baton.events (
  run  text NOT NULL,
  seq  integer NOT NULL,  -- 1, 2, 3, ... within the run
  type text NOT NULL,
  body text NOT NULL,
  hash bytea NOT NULL,    -- SHA-256 of: hash of seq - 1 (32 zero bytes before the first), type, 0, body
  PRIMARY KEY (run, seq)
) PARTITION BY HASH (run);

-- One row for each call. It is reserved once and ends once.
CREATE TABLE baton.ledger (
  run    text NOT NULL,
  call   integer NOT NULL,
  model  text NOT NULL,
  state  text NOT NULL CHECK (state IN ('reserved', 'settled', 'released', 'written_off')),
  hold   bigint NOT NULL,            -- picodollars
  charge bigint NOT NULL DEFAULT 0,  -- picodollars
  PRIMARY KEY (run, call)
) PARTITION BY HASH (run);

DO $$
BEGIN
  FOR part IN 0..15 LOOP
    EXECUTE format('CREATE TABLE baton.events_%s PARTITION OF baton.events FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                   part, part);
    EXECUTE format('CREATE TABLE baton.ledger_%s PARTITION OF baton.ledger FOR VALUES WITH (MODULUS 16, REMAINDER %s)',
                   part, part);
  END LOOP;
END $$;

-- Whatever a program does: what has ended is not ended again.
CREATE FUNCTION baton.refuse_second_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'call % of run % is % already', OLD.call, OLD.run, OLD.state USING ERRCODE = 'BT002';
END $$;
CREATE TRIGGER ledger_ends_once BEFORE UPDATE ON baton.ledger
  FOR EACH ROW WHEN (OLD.state <> 'reserved') EXECUTE FUNCTION baton.refuse_second_end();

CREATE TABLE baton.blobs (
  id     text PRIMARY KEY,  -- SHA-256 of the text, hex
  coding bigint NOT NULL,   -- 0: as it is, 1: zstd
  size   bigint NOT NULL,   -- of the text, in bytes
  data   bytea NOT NULL
);
ALTER TABLE baton.blobs ALTER COLUMN data SET STORAGE EXTERNAL;  -- compressed already

-- What all runs of a project may promise on one day: the sum, which is updated under the cap's condition, and the
-- shares it is made of.
CREATE TABLE baton.day_totals (
  project  text NOT NULL,
  day      text NOT NULL,     -- UTC, 2026-11-20
  promised bigint NOT NULL,   -- picodollars
  granted  bigint NOT NULL,   -- by the latest update
  PRIMARY KEY (project, day)
);
CREATE TABLE baton.day_shares (
  run     text NOT NULL,
  day     text NOT NULL,
  project text NOT NULL,
  share   bigint NOT NULL,
  PRIMARY KEY (run, day, project)
);
