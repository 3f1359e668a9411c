-- What the texts of a model usually are about, as a frame that does not move (analyzers/embeddings/reference-map.ts). A
-- map is never changed; of one project, model, side and embedder the one that was made last is in force.
CREATE TABLE reference_maps {{on_cluster}}
(
    project     LowCardinality(String),
    model       LowCardinality(String),
    side        LowCardinality(String),
    identity    LowCardinality(String),
    id          String,
    created_at  DateTime64(3, 'UTC'),
    body        String CODEC(ZSTD(3))
)
ENGINE = {{engine ReplacingMergeTree(created_at)}}
ORDER BY (project, model, side, identity, id);

-- Where the texts of an inference lie on the maps in force when they were embedded, computed once. Empty where there was
-- no text or no map, and for the rows that a map was made of: they lie nearer to it than what comes later. Topics and
-- cells carry the id of their map, so that two maps are never compared.
CREATE TABLE projections {{on_cluster}}
(
    project               LowCardinality(String),
    inference_id          String,
    timestamp             DateTime64(3, 'UTC'),
    projected_at          DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    model                 LowCardinality(String),
    prompt_map            LowCardinality(String),
    prompt_coordinates    Array(Float32) CODEC(ZSTD(1)),
    prompt_distance       Nullable(Float32),
    prompt_topic          LowCardinality(String),
    prompt_cell           LowCardinality(String),
    response_map          LowCardinality(String),
    response_coordinates  Array(Float32) CODEC(ZSTD(1)),
    response_distance     Nullable(Float32),
    response_topic        LowCardinality(String),
    response_cell         LowCardinality(String)
)
ENGINE = {{engine ReplacingMergeTree(projected_at)}}
PARTITION BY toYYYYMM(timestamp)
ORDER BY (project, toStartOfMinute(timestamp), inference_id)
TTL toDateTime(projected_at) + INTERVAL {{embeddings_days}} DAY;
