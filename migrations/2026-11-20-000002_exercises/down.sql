DROP TABLE exercises;
-- pg_trgm stays: it may have been here before us, and others in this database may rely on it.
-- The up takes it as it finds it, so going down and up again ends in the same schema.
