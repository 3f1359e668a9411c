"""Makes the small float32 models of analyzers/embed's tests, and the vectors that numpy gives for them.

    pip install onnx==1.23.2 numpy==2.4.6 && python embed-models.py

`tiny`: embedding, one attention layer under the mask, a dense layer; no token_type_ids. `leaky`: the same, less the
maximum over the whole batch, so a text's vector depends on its neighbours; nothing in its file says so. Weights: numpy
seed 7. The oracle computes each text alone, in float64, with its own code; onnxruntime has no part in it.
"""

import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FOLDER = pathlib.Path(__file__).parent / "embed-models"
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"] + "the a model answer is was good bad long short not very and or ,".split()
TEXTS = [
    "",
    "good",
    "the model is good",
    "the answer was not very good, and the model is bad",
    "unheard words",
    "very " * 40,
]
DIM, TOKENS_MAX = 8, 32
rng = np.random.default_rng(7)
W = {
    "embedding": rng.normal(0, 1, (len(WORDS), DIM)),
    "query": rng.normal(0, 0.5, (DIM, DIM)),
    "key": rng.normal(0, 0.5, (DIM, DIM)),
    "dense": rng.normal(0, 0.5, (DIM, DIM)),
}
W = {name: value.astype(np.float32) for name, value in W.items()}


def graph(leaky):
    node = helper.make_node
    nodes = [
        node("Gather", ["embedding", "input_ids"], ["x"]),
        node("MatMul", ["x", "query"], ["q"]),
        node("MatMul", ["x", "key"], ["k"]),
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["scores"]),
        node("Cast", ["attention_mask"], ["mask"], to=TensorProto.FLOAT),
        node("Sub", ["one", "mask"], ["absent"]),
        node("Mul", ["absent", "minus_large"], ["penalty"]),
        node("Unsqueeze", ["penalty", "axis"], ["penalty3"]),
        node("Add", ["scores", "penalty3"], ["masked"]),
        node("Softmax", ["masked"], ["weights"], axis=-1),
        node("MatMul", ["weights", "x"], ["attended"]),
        node("MatMul", ["attended", "dense"], ["d"]),
        node("Tanh", ["d"], ["t"]),
        node("Add", ["t", "x"], ["sum" if leaky else "last_hidden_state"]),
    ]
    if leaky:
        nodes += [
            node("ReduceMax", ["sum"], ["top"], keepdims=0),
            node("Sub", ["sum", "top"], ["last_hidden_state"]),
        ]
    constants = {
        **W,
        "one": np.float32(1),
        "minus_large": np.float32(-1e9),
        "axis": np.array([1], np.int64),
    }
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        nodes,
        "tiny",
        [value(name, TensorProto.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")],
        [value("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", DIM])],
        [numpy_helper.from_array(np.asarray(content), name) for name, content in constants.items()],
    )
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def tokenizer():
    special = [
        {"id": i, "content": word, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, word in enumerate(WORDS[:4])
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}, "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}},
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {word: i for i, word in enumerate(WORDS)}},
    }


def ids_of(text):
    words = text.replace(",", " , ").split()
    return [2] + [WORDS.index(w) if w in WORDS else 1 for w in words][: TOKENS_MAX - 2] + [3]


def vector_of(text, pooling):
    w = {name: value.astype(np.float64) for name, value in W.items()}
    x = w["embedding"][ids_of(text)]
    scores = (x @ w["query"]) @ (x @ w["key"]).T
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    hidden = np.tanh(weights @ x @ w["dense"]) + x
    pooled = hidden[0] if pooling == "cls" else hidden.mean(axis=0)
    return (pooled / np.linalg.norm(pooled)).round(9).tolist()


for name, pooling, leaky in [("tiny", "mean", False), ("tiny-cls", "cls", False), ("leaky", "mean", True)]:
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph(leaky))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer()) + "\n")
    (folder / "embedder.json").write_text(json.dumps({"pooling": pooling, "maxTokens": TOKENS_MAX}) + "\n")
cases = [
    {"text": text, "tokenIds": ids_of(text), "mean": vector_of(text, "mean"), "cls": vector_of(text, "cls")}
    for text in TEXTS
]
made_by = f"embed-models.py, numpy {np.__version__}, onnx {onnx.__version__}, seed 7"
(FOLDER / "oracle.json").write_text(json.dumps({"madeBy": made_by, "cases": cases}, indent=1) + "\n")
