-- Which cluster each installation of the operator belongs to: a second cluster with the same name must not cancel its batches.

CREATE TABLE climatebatch.installations (
  installation text PRIMARY KEY,
  cluster_uid text NOT NULL,
  namespace text NOT NULL,
  api_server text NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE climatebatch.installations IS 'the cluster that each installation of the operator belongs to';
COMMENT ON COLUMN climatebatch.installations.cluster_uid IS 'uid of the namespace that the operator works in, unique in all clusters';
COMMENT ON COLUMN climatebatch.installations.api_server IS 'address of the API server, as the operator reaches it';
COMMENT ON COLUMN climatebatch.installations.claimed_at IS 'when this cluster claimed the name, first or by a take-over';
COMMENT ON COLUMN climatebatch.installations.seen_at IS 'when an operator of this cluster last used the database, to the minute';
