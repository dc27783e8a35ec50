-- What the processes that work on this store share: who lives, who drives what, what waits, and the provider's limits.

-- One row for each process that drives runs; it lives until `until`, which its heartbeat moves on.
CREATE TABLE baton.sessions (
  session bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  worker  text NOT NULL,
  scope   text NOT NULL,  -- whose limits at the provider it shares
  heard   timestamptz NOT NULL,
  until   timestamptz NOT NULL
);

-- Who drives a run. Never removed: a fence number is given once.
CREATE SEQUENCE baton.fences;
CREATE TABLE baton.leases (
  run      text PRIMARY KEY,
  session  bigint NOT NULL,
  fence    bigint NOT NULL,
  released boolean NOT NULL,
  worker   text NOT NULL
);
CREATE INDEX leases_held ON baton.leases (session) WHERE NOT released;

-- The latest transaction of each writer: after a lost connection it tells whether that one was committed.
CREATE TABLE baton.commits (
  writer text PRIMARY KEY,
  number bigint NOT NULL,
  at     timestamptz NOT NULL
);

CREATE TABLE baton.queue (
  run    text PRIMARY KEY,
  place  text NOT NULL,  -- of the only workers that can do it; empty: all can
  state  text NOT NULL CHECK (state IN ('waiting', 'driven', 'parked', 'quarantined', 'done')),
  queued timestamptz NOT NULL,
  deaths integer NOT NULL DEFAULT 0,
  worker text NOT NULL DEFAULT ''
);
CREATE INDEX queue_waiting ON baton.queue (place, queued, run) WHERE state = 'waiting';
CREATE INDEX queue_driven ON baton.queue (run) WHERE state = 'driven';
CREATE INDEX queue_open ON baton.queue (queued, run) WHERE state <> 'done';

-- Prefixes that the provider can read, or that somebody writes just now.
CREATE TABLE baton.prefixes (
  scope          text NOT NULL,
  prefix         text NOT NULL,
  writer         text NOT NULL,
  gate_until     timestamptz NOT NULL,
  readable_until timestamptz NOT NULL,
  PRIMARY KEY (scope, prefix)
);

-- Classes of models that the provider refuses for a while.
CREATE TABLE baton.holds (
  scope      text NOT NULL,
  rate_class text NOT NULL,
  until      timestamptz NOT NULL,
  PRIMARY KEY (scope, rate_class)
);

-- Ends a transaction, before it is committed, whose leases have lapsed since it began.
CREATE FUNCTION baton.hold_leases(held_runs text[], held_fences bigint[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  lost text;
BEGIN
  SELECT h.run INTO lost FROM unnest(held_runs, held_fences) AS h (run, fence)
  WHERE NOT EXISTS (
    SELECT FROM baton.leases l LEFT JOIN baton.sessions s ON s.session = l.session
    WHERE l.run = h.run AND l.fence = h.fence AND (l.released OR s.until > clock_timestamp()))
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'the lease of run % has lapsed', lost USING ERRCODE = 'BT001';
  END IF;
END $$;

-- What this store is, and where it was when it was last known to be whole.
CREATE TABLE baton.store (
  single     boolean PRIMARY KEY DEFAULT true CHECK (single),
  id         uuid NOT NULL DEFAULT gen_random_uuid(),
  generation bigint NOT NULL DEFAULT 1,   -- rises each time that a restored copy is accepted
  cluster    text NOT NULL DEFAULT '',    -- system identifier and timeline; empty: nothing was written yet
  frozen     text NOT NULL DEFAULT '',    -- why no call is reserved any more; empty: calls are
  made       timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO baton.store DEFAULT VALUES;

-- What was done to the store as a whole.
CREATE TABLE baton.store_log (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  who    text NOT NULL DEFAULT session_user,
  what   text NOT NULL
);
