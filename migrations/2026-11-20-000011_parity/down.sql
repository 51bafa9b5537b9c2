DROP TABLE parity_findings;
DROP FUNCTION parity_bucket;
DROP FUNCTION parity_sum;
DROP FUNCTION parity_lane;
DROP TABLE parity_digests;
DROP TABLE parity_leaves;
DROP TABLE migration_adopted;
