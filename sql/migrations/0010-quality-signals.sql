-- Signals of degradation and misuse (docs/signals.md). Null in rows that were stored before.
ALTER TABLE inferences {{on_cluster}}
    ADD COLUMN IF NOT EXISTS looping             Nullable(UInt8) AFTER prompt_language,
    ADD COLUMN IF NOT EXISTS format_valid        Nullable(UInt8) AFTER looping,
    ADD COLUMN IF NOT EXISTS format_fault        LowCardinality(Nullable(String)) AFTER format_valid,
    ADD COLUMN IF NOT EXISTS tool_call_invalid   Nullable(UInt8) AFTER format_fault,
    ADD COLUMN IF NOT EXISTS unsupported_numbers Nullable(Float32) AFTER tool_call_invalid;

-- The likenesses are what the flags follow from: a threshold of your own can be tried on them.
ALTER TABLE embeddings {{on_cluster}}
    ADD COLUMN IF NOT EXISTS groundedness         Nullable(Float32) AFTER relevance,
    ADD COLUMN IF NOT EXISTS jailbreak            Nullable(UInt8) AFTER groundedness,
    ADD COLUMN IF NOT EXISTS injection            Nullable(UInt8) AFTER jailbreak,
    ADD COLUMN IF NOT EXISTS jailbreak_likeness   Nullable(Float32) AFTER injection,
    ADD COLUMN IF NOT EXISTS injection_likeness   Nullable(Float32) AFTER jailbreak_likeness;
