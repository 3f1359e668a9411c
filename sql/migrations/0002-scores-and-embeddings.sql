-- A judgement attached later; the last one under a name counts.
CREATE TABLE scores {{on_cluster}}
(
    project       LowCardinality(String) DEFAULT 'default',
    inference_id  String,
    name          LowCardinality(String),
    value         Float64,
    timestamp     DateTime64(3, 'UTC'),
    received_at   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    source        LowCardinality(String),
    comment       String CODEC(ZSTD(1)),
    INDEX by_received received_at TYPE minmax GRANULARITY 1
)
ENGINE = {{engine ReplacingMergeTree(received_at)}}
ORDER BY (project, inference_id, name)
TTL toDateTime(received_at) + INTERVAL {{inferences_days}} DAY;

-- One row per embedded inference. Vectors of two identities are never compared. Relevance is null without both sides.
CREATE TABLE embeddings {{on_cluster}}
(
    project       LowCardinality(String),
    inference_id  String,
    timestamp     DateTime64(3, 'UTC'),
    embedded_at   DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    identity      LowCardinality(String),
    prompt        Array(Float32) CODEC(NONE),
    response      Array(Float32) CODEC(NONE),
    relevance     Nullable(Float32),
    INDEX by_embedded embedded_at TYPE minmax GRANULARITY 1
)
ENGINE = {{engine ReplacingMergeTree(embedded_at)}}
PARTITION BY toYYYYMM(timestamp)
ORDER BY (project, toStartOfMinute(timestamp), inference_id)
TTL toDateTime(embedded_at) + INTERVAL {{embeddings_days}} DAY;
