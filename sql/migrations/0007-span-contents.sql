-- What log events told of calls whose spans travel apart, until both are there: texts of a span that has none itself.
CREATE TABLE span_contents {{on_cluster}}
(
    project      LowCardinality(String),
    -- `trace:span`, as the inference has it.
    id           String,
    -- Sorts the pieces of one call.
    order        String,
    part         LowCardinality(String),
    -- JSON of some fields of the record.
    piece        String CODEC(ZSTD(1)),
    at           DateTime64(3, 'UTC'),
    received_at  DateTime64(3, 'UTC')
)
ENGINE = {{engine ReplacingMergeTree(received_at)}}
ORDER BY (project, id, order, part)
TTL toDateTime(received_at) + INTERVAL 2 DAY;
