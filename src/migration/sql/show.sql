SET LOCAL client_min_messages = warning;

-- The tables take their place, in one step for whoever reads.
DROP SCHEMA IF EXISTS regimen_files CASCADE;
ALTER SCHEMA regimen_files_next RENAME TO regimen_files;
