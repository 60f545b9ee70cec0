// A database in the predecessor's layout, made from the contract: its long climate_data, its wide tables with a column per
// scenario, its result tables, and its `.env`.
export const PREDECESSOR_ENV = {
  DATABASE_HOST: "localhost",
  DATABASE_PORT: "5432",
  DATABASE_NAME: "climate_risk_db",
  DATABASE_USER: "postgres",
  DATABASE_PASSWORD: "secret",
  NOTIFY_CHANNEL: "aiops_trigger",
  PARALLEL_WORKERS: "4",
  BATCH_SIZE: "1000",
  PROBABILITY_SCHEDULE_MONTH: "1",
  PROBABILITY_SCHEDULE_DAY: "1",
  PROBABILITY_SCHEDULE_HOUR: "2",
  PROBABILITY_SCHEDULE_MINUTE: "0",
  HAZARD_SCHEDULE_MONTH: "1",
  HAZARD_SCHEDULE_DAY: "1",
  HAZARD_SCHEDULE_HOUR: "4",
  HAZARD_SCHEDULE_MINUTE: "0",
} as const;
