-- Derived and replaced, never incremented: a touched bucket is computed again from the deduplicated rows and written
-- with a higher revision; keys that vanished are written as deleted. `bins` is the histogram on the value grid
-- (core/grid.ts), from which any quantile follows within 0.5 %; `categories` counts the values of a category signal.
-- The signal `inferences` counts all rows. Segment: empty for all rows, else `attribute=value`.
CREATE TABLE rollup_minute {{on_cluster}}
(
    project      LowCardinality(String),
    bucket       DateTime('UTC') CODEC(Delta, ZSTD(1)),
    model        LowCardinality(String),
    version      LowCardinality(String),
    segment      LowCardinality(String),
    signal       LowCardinality(String),
    revision     UInt64,
    is_deleted   UInt8,
    count        UInt64,
    sum          Float64,
    sum_squares  Float64,
    bins         Map(Int16, UInt64),
    categories   Map(LowCardinality(String), UInt64)
)
ENGINE = {{engine ReplacingMergeTree(revision, is_deleted)}}
PARTITION BY toYYYYMM(bucket)
ORDER BY (project, bucket, model, version, segment, signal)
TTL toDateTime(intDiv(revision, 2000)) + INTERVAL {{rollup_minute_days}} DAY;

CREATE TABLE rollup_hour {{on_cluster}} AS rollup_minute
ENGINE = {{engine ReplacingMergeTree(revision, is_deleted)}}
PARTITION BY toYYYYMM(bucket)
ORDER BY (project, bucket, model, version, segment, signal)
TTL toDateTime(intDiv(revision, 2000)) + INTERVAL {{rollup_hour_days}} DAY;
