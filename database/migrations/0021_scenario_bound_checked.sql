-- The second step: every row is read once to see that it keeps to the bound. Readers, batches and loads go on.

ALTER TABLE climatebatch.climate_data VALIDATE CONSTRAINT climate_data_bound;
