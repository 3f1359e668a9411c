-- What explains an incident; the latest counts. Ids of examples and no texts: those are read when they are looked at.
CREATE TABLE causes {{on_cluster}}
(
    project      LowCardinality(String),
    incident_id  String,
    stage        LowCardinality(String),
    computed_at  DateTime64(3, 'UTC'),
    -- The whole as JSON (core/cause.ts).
    body         String CODEC(ZSTD(1)),
    revision     DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY (project, incident_id)
TTL toDateTime(revision) + INTERVAL {{findings_days}} DAY;
