-- What lists, panels and Grafana's own alert rule read of an incident without its JSON.
ALTER TABLE incidents {{on_cluster}}
    ADD COLUMN IF NOT EXISTS family          LowCardinality(String) AFTER signal,
    ADD COLUMN IF NOT EXISTS aspect          LowCardinality(String) AFTER family,
    ADD COLUMN IF NOT EXISTS rule            LowCardinality(String) AFTER verdict,
    ADD COLUMN IF NOT EXISTS severity        LowCardinality(String) AFTER rule,
    ADD COLUMN IF NOT EXISTS title           String AFTER severity,
    ADD COLUMN IF NOT EXISTS since           DateTime64(3, 'UTC') AFTER title,
    ADD COLUMN IF NOT EXISTS muted_by        String AFTER closed_at,
    ADD COLUMN IF NOT EXISTS acknowledged_by String AFTER muted_by,
    -- What its receivers are to be told (alerts/plan.ts), as JSON: one insert stores the transition and what follows from it.
    ADD COLUMN IF NOT EXISTS told            String CODEC(ZSTD(1)) AFTER body;

-- The alerter asks for what was written since it last asked; FINAL or not, nothing else than this bounds what is read.
ALTER TABLE findings {{on_cluster}} ADD INDEX IF NOT EXISTS by_revision revision TYPE minmax GRANULARITY 1;

-- What became of a notification; that it is to be sent stands in its incident, written with the transition. The handle is
-- what the receiver keeps of the incident, as JSON.
DROP TABLE IF EXISTS outbox {{on_cluster}};
CREATE TABLE deliveries {{on_cluster}}
(
    project       LowCardinality(String),
    id            String,
    incident_id   String,
    receiver      LowCardinality(String),
    sequence      UInt32,
    kind          LowCardinality(String),
    severity      LowCardinality(String),
    -- `waiting`: failed for now; `sent`; `failed`: for good; `skipped`: nothing to say any more.
    state         LowCardinality(String),
    attempts      UInt32,
    error         String,
    handle        String,
    decided_at    DateTime64(3, 'UTC'),
    next_at       DateTime64(3, 'UTC'),
    sent_at       Nullable(DateTime64(3, 'UTC')),
    revision      DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY (project, incident_id, receiver, sequence)
TTL toDateTime(revision) + INTERVAL {{findings_days}} DAY;

CREATE TABLE silences {{on_cluster}}
(
    -- Empty: all projects.
    project     LowCardinality(String),
    id          String,
    -- `model=gpt-*`, as a person writes them (core/silence.ts).
    matchers    Array(String),
    starts_at   DateTime64(3, 'UTC'),
    ends_at     DateTime64(3, 'UTC'),
    author      String,
    comment     String,
    created_at  DateTime64(3, 'UTC'),
    revision    DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY (project, id)
TTL toDateTime(ends_at) + INTERVAL {{findings_days}} DAY;

CREATE TABLE acknowledgements {{on_cluster}}
(
    project      LowCardinality(String),
    incident_id  String,
    author       String,
    comment      String,
    at           DateTime64(3, 'UTC'),
    -- It is over: the incident is closed by hand.
    closes       UInt8,
    revision     DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY (project, incident_id)
TTL toDateTime(at) + INTERVAL {{findings_days}} DAY;
