CREATE TABLE findings {{on_cluster}}
(
    project      LowCardinality(String),
    model        LowCardinality(String),
    version      LowCardinality(String),
    segment      LowCardinality(String),
    signal       LowCardinality(String),
    until        DateTime64(3, 'UTC'),
    since        DateTime64(3, 'UTC'),
    family       LowCardinality(String),
    detector     LowCardinality(String),
    outcome      LowCardinality(String),
    direction    LowCardinality(String),
    verdict      LowCardinality(String),
    evidence     Float64,
    -- The whole finding as JSON (core/finding.ts).
    body         String CODEC(ZSTD(1)),
    revision     DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
PARTITION BY toYYYYMM(until)
ORDER BY (project, model, version, segment, signal, until)
TTL toDateTime(revision) + INTERVAL {{findings_days}} DAY;

CREATE TABLE incidents {{on_cluster}}
(
    project      LowCardinality(String),
    id           String,
    model        LowCardinality(String),
    version      LowCardinality(String),
    segment      LowCardinality(String),
    signal       LowCardinality(String),
    verdict      LowCardinality(String),
    state        LowCardinality(String),
    opened_at    DateTime64(3, 'UTC'),
    closed_at    Nullable(DateTime64(3, 'UTC')),
    -- The whole incident as JSON (core/incident.ts).
    body         String CODEC(ZSTD(1)),
    revision     DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY (project, id)
TTL toDateTime(revision) + INTERVAL {{findings_days}} DAY;

-- What is to be sent because of an incident, written with it. `sent_at` is null until a receiver took it.
CREATE TABLE outbox {{on_cluster}}
(
    project      LowCardinality(String),
    id           String,
    incident_id  String,
    receiver     LowCardinality(String),
    kind         LowCardinality(String),
    body         String CODEC(ZSTD(1)),
    created_at   DateTime64(3, 'UTC'),
    attempts     UInt32,
    sent_at      Nullable(DateTime64(3, 'UTC')),
    revision     DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY (project, id)
TTL toDateTime(revision) + INTERVAL {{findings_days}} DAY;

-- Where a loop is, and what a detector knows, as JSON; one row a name, the latest revision counts.
CREATE TABLE states {{on_cluster}}
(
    kind         LowCardinality(String),
    name         String,
    body         String CODEC(ZSTD(1)),
    revision     DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY (kind, name);
