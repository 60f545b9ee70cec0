-- Several models' results of one experiment, side by side: what they agree on. Results are averaged, never raw values.

-- A user's own numbers, where a batch was computed with some, are named beside the method set.
CREATE FUNCTION climatebatch.methods_told(specification jsonb, risk text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (specification ->> 'methods') || CASE WHEN specification #> ARRAY['overrides', 'risks', risk] IS NULL THEN ''
    ELSE ' with ' || (specification #>> '{overrides,methodSet}') END
$$;

-- One expression of each view changes; the rest is taken from the catalog, so that it stays what it is.
DO $replace$
DECLARE
  told text;
  replaced text;
BEGIN
  FOREACH told IN ARRAY ARRAY['climatebatch.probability_rows_told', 'climatebatch.hazard_rows_told'] LOOP
    replaced := replace(pg_get_viewdef(told::regclass), '(b.specification ->> ''methods''::text) AS methods',
      'climatebatch.methods_told(b.specification, r.risk::text) AS methods');
    IF replaced = pg_get_viewdef(told::regclass) THEN RAISE EXCEPTION '% does not tell methods as expected', told; END IF;
    FOR tries IN 1..200 LOOP
      BEGIN
        -- Consumers read these views: nobody may queue behind this.
        SET LOCAL lock_timeout = '50ms';
        EXECUTE format('CREATE OR REPLACE VIEW %s AS %s', told, replaced);
        EXIT;
      EXCEPTION WHEN lock_not_available THEN
        IF tries = 200 THEN
          RAISE EXCEPTION '% is being read in open transactions for a minute and could not be replaced', told
            USING ERRCODE = 'lock_not_available', HINT = 'End them (see pg_stat_activity), then migrate again.';
        END IF;
        PERFORM pg_sleep(0.25);
      END;
    END LOOP;
  END LOOP;
END $replace$;

CREATE FUNCTION climatebatch.mean_columns(rows double precision[]) RETURNS double precision[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_agg(mean ORDER BY col) FROM (
    SELECT col, avg(rows[at][col]) AS mean
    FROM generate_subscripts(rows, 1) AS at, generate_subscripts(rows, 2) AS col GROUP BY col
  ) AS columns
$$;
COMMENT ON FUNCTION climatebatch.mean_columns IS 'means of the columns of a matrix, such as of several models'' bin probabilities';

CREATE VIEW climatebatch.probability_ensemble AS
  WITH models AS (
    SELECT r.latitude, r.longitude, r.grid, r.risk_type, s.experiment, r.first_year, r.last_year, r.intensity, r.unit,
      coalesce(s.model, s.name) AS model, count(*) AS members,
      avg(r.probability) AS probability, avg(r.damage_bins) AS damage,
      climatebatch.mean_columns(array_agg(r.probabilities ORDER BY s.name)) AS probabilities
    FROM climatebatch.probability_results AS r JOIN climatebatch.scenarios AS s ON s.scenario_id = r.scenario_id
    WHERE s.experiment IS NOT NULL AND r.reason IS NULL
    GROUP BY r.latitude, r.longitude, r.grid, r.risk_type, s.experiment, r.first_year, r.last_year, r.intensity, r.unit,
      coalesce(s.model, s.name)
  )
  SELECT latitude, longitude, risk_type, experiment, first_year, last_year, count(*)::integer AS models,
    sum(members)::integer AS members, intensity, unit,
    avg(probability) AS probability_mean, min(probability) AS probability_min, max(probability) AS probability_max,
    CASE WHEN count(*) >= 5 THEN percentile_cont(0.1) WITHIN GROUP (ORDER BY probability) END AS probability_p10,
    CASE WHEN count(*) >= 5 THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY probability) END AS probability_p90,
    climatebatch.mean_columns(array_agg(probabilities ORDER BY model)) AS probabilities_mean,
    avg(damage) AS damage_mean, min(damage) AS damage_min, max(damage) AS damage_max,
    CASE WHEN count(*) >= 5 THEN percentile_cont(0.1) WITHIN GROUP (ORDER BY damage) END AS damage_p10,
    CASE WHEN count(*) >= 5 THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY damage) END AS damage_p90,
    grid
  FROM models GROUP BY latitude, longitude, grid, risk_type, experiment, first_year, last_year, intensity, unit;
COMMENT ON VIEW climatebatch.probability_ensemble IS
  'published results of an experiment''s models, each model the mean of its members, all models alike; damage: the bin sum; p10 and p90 from 5 models on. For a place, or a place and risk: the view computes as it is read';

CREATE VIEW climatebatch.hazard_ensemble AS
  WITH models AS (
    SELECT r.latitude, r.longitude, r.grid, r.risk_type, s.experiment, r.first_year, r.last_year, r.intensity, r.unit,
      coalesce(s.model, s.name) AS model, count(*) AS members, avg(r.score) AS score, avg(r.value) AS value
    FROM climatebatch.hazard_results AS r JOIN climatebatch.scenarios AS s ON s.scenario_id = r.scenario_id
    WHERE s.experiment IS NOT NULL AND r.reason IS NULL
    GROUP BY r.latitude, r.longitude, r.grid, r.risk_type, s.experiment, r.first_year, r.last_year, r.intensity, r.unit,
      coalesce(s.model, s.name)
  )
  SELECT latitude, longitude, risk_type, experiment, first_year, last_year, count(*)::integer AS models,
    sum(members)::integer AS members,
    round(avg(score)::numeric, 2)::double precision AS hazard_score_100_mean,
    climatebatch.hazard_level(round(avg(score)::numeric, 2)::double precision) AS hazard_level_of_mean,
    min(score) AS score_min, max(score) AS score_max,
    CASE WHEN count(*) >= 5 THEN percentile_cont(0.1) WITHIN GROUP (ORDER BY score) END AS score_p10,
    CASE WHEN count(*) >= 5 THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY score) END AS score_p90,
    intensity, unit, avg(value) AS value_mean, min(value) AS value_min, max(value) AS value_max,
    CASE WHEN count(*) >= 5 THEN percentile_cont(0.1) WITHIN GROUP (ORDER BY value) END AS value_p10,
    CASE WHEN count(*) >= 5 THEN percentile_cont(0.9) WITHIN GROUP (ORDER BY value) END AS value_p90,
    grid
  FROM models GROUP BY latitude, longitude, grid, risk_type, experiment, first_year, last_year, intensity, unit;
COMMENT ON VIEW climatebatch.hazard_ensemble IS 'as probability_ensemble, of hazard';
