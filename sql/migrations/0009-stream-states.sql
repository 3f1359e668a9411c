-- What the detectors know of a stream, as JSON in parts: the one that moves with every window under the empty name, and
-- those that seldom change (baselines) under the hash of what they say. The first names the others, so it never meets
-- one that it was not written with.
CREATE TABLE stream_states {{on_cluster}}
(
    project     LowCardinality(String),
    model       LowCardinality(String),
    version     LowCardinality(String),
    segment     LowCardinality(String),
    part        String,
    -- End of the last window that was judged; of the moving part.
    until       DateTime64(3, 'UTC'),
    -- Signals that are judged, and inferences of about the last week; of the moving part.
    signals     Array(LowCardinality(String)),
    rows        Float64,
    is_deleted  UInt8,
    body        String CODEC(ZSTD(1)),
    revision    DateTime64(6, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(revision, is_deleted)}}
ORDER BY (project, model, segment, version, part);

-- What came into a minute after its window had been judged: the rollup as it is now, less the rollup as it was. `base` is
-- the revision of what was there, so that one difference, taken again after a kill, replaces itself.
CREATE TABLE rollup_late {{on_cluster}}
(
    project      LowCardinality(String),
    bucket       DateTime('UTC') CODEC(Delta, ZSTD(1)),
    model        LowCardinality(String),
    version      LowCardinality(String),
    segment      LowCardinality(String),
    signal       LowCardinality(String),
    base         UInt64,
    revision     UInt64,
    count        Int64,
    sum          Float64,
    sum_squares  Float64,
    bins         Map(Int16, Int64),
    categories   Map(LowCardinality(String), Int64),
    INDEX by_revision revision TYPE minmax GRANULARITY 1
)
ENGINE = {{engine ReplacingMergeTree(revision)}}
ORDER BY (project, bucket, model, version, segment, signal, base)
-- Judged with the next window; what is left after days has no next window.
TTL toDateTime(intDiv(revision, 2000)) + INTERVAL 7 DAY;
