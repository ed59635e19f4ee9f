"""A language model as an instrument: how likely is a text, and what continues a prompt?

The default, SmolLM2-135M-Instruct in 4 bits, is small: it knows English prose, some code and few facts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from probes.backbones import language_generation, language_options
from probes.backbones.causal import Trunk
from probes.backbones.converted import converted
from probes.backbones.entry import Entry
from probes.backbones.language_precision import quicker_reader
from probes.backbones.pretrained import load_pretrained
from probes.backbones.weights import weights_hash, weights_path
from probes.chat import Prompt, Reply
from probes.errors import BackboneError, first_line
from probes.progress import Progress, silent

#: Tokens of one batch, padding included: 49,152 float32 logits each make 200 MB.
BATCH_TOKENS = 1024
#: Shortest over longest text in a batch: padding costs as much as text, small batches cost little more.
EVEN = 0.75


@dataclass(frozen=True)
class Likelihood:
    """How likely each text is. Shape: log_p (natural logarithm), n_tokens, n_bytes (n,) of the part that was read."""

    log_p: np.ndarray
    n_tokens: np.ndarray
    n_bytes: np.ndarray


@dataclass(eq=False)
class LanguageModel:
    """A loaded causal language model; a `ChatModel` too.

    ``module``: a Hugging Face causal model in eval mode, float32. ``start``: the token before every text, which gives
    its first token a probability too. ``max_tokens``: the longest input. ``weights_hash``: SHA-256 of the weight file
    (of the GGUF file if converted). ``notes``: the folder for this device's timing. ``trunk`` and ``reads_trees``: what
    `option_log_p` keeps between two calls.
    """

    entry: Entry
    module: Any
    tokenizer: Any
    start: int
    max_tokens: int
    weights_hash: str
    device: str
    notes: Path | None = None
    trunk: Trunk | None = field(default=None, repr=False)
    reads_trees: bool | None = None

    @classmethod
    def load(cls, entry: Entry, cache: Path, device: str = "cpu", progress: Progress = silent) -> LanguageModel:
        """Load the model and its tokenizer from local files only; a GGUF file is converted once into `cache`.

        Raises BackboneError when the weights or the tokenizer are missing, damaged or not a language model's.
        """
        if entry.kind != "language":
            raise BackboneError(f"{entry.title} is not a language model.")
        path = weights_path(entry)
        digest = weights_hash(entry)
        folder = converted(path, digest, cache, progress) if path.suffix == ".gguf" else path.parent
        try:
            module, tokenizer = _load(folder)
        except BackboneError:
            raise
        except Exception as error:  # transformers raises many kinds for a foreign tokenizer or config
            raise BackboneError(
                f"{folder} cannot be loaded as a language model ({first_line(error)}). Choose a folder with "
                f"config.json, a tokenizer and model.safetensors."
            ) from error
        longest = int(getattr(module.config, "max_position_embeddings", 0) or entry.input_size)
        return cls(
            entry=entry,
            module=module.to(device).eval(),
            tokenizer=tokenizer,
            start=_start(tokenizer),
            max_tokens=min(longest, entry.input_size) - 1,
            weights_hash=digest,
            device=device,
            notes=cache,
        )

    @property
    def name(self) -> str:
        """The name for people."""
        return self.entry.title

    @property
    def identity(self) -> str:
        """Weights and reading precision: what an answer depends on besides the prompt."""
        return f"{self.weights_hash}-{str(self.reader.dtype).removeprefix('torch.')}"

    @cached_property
    def reader(self) -> Any:
        """The module that reads prompts: `module`, or a copy in bfloat16 where that is measurably faster."""
        return quicker_reader(self.module, self.weights_hash, self.device, self.notes)

    def generate(
        self, prompts: Sequence[Prompt], max_new_tokens: int = 32, stop: Sequence[str] = ("\n",)
    ) -> list[Reply]:
        """The likeliest continuation of each prompt; see `ChatModel`."""
        return language_generation.generate(self, prompts, max_new_tokens, stop)

    def option_log_p(self, prompts: Sequence[Prompt], options: Sequence[str]) -> np.ndarray:
        """log p(option | prompt), summed over the option's tokens. Shape: (prompts, options) float64."""
        return language_options.option_log_p(self, prompts, options)

    def tokens(self, texts: Sequence[str], max_tokens: int | None = None) -> list[list[int]]:
        """Each text's token ids without special tokens, truncated to `max_tokens`."""
        return [ids for ids, _ in self._encoded(texts, max_tokens)]

    def log_likelihood(self, texts: Sequence[str], max_tokens: int | None = None) -> Likelihood:
        """log p of each text given only the start token, with the tokens and UTF-8 bytes that were read.

        log p(text) = sum over t of log p(token t | start, tokens before t). An empty text has log p 0 and 0 bytes.
        """
        encoded = self._encoded(texts, max_tokens)
        per_token = self.token_log_p([ids for ids, _ in encoded])
        return Likelihood(
            log_p=np.array([row.sum() for row in per_token], dtype=np.float64),
            n_tokens=np.array([len(ids) for ids, _ in encoded], dtype=np.int64),
            n_bytes=np.array([n_bytes for _, n_bytes in encoded], dtype=np.int64),
        )

    @torch.inference_mode()
    def token_log_p(self, sequences: Sequence[Sequence[int]], starts: Sequence[int] | None = None) -> list[np.ndarray]:
        """log p of every token given the start token and those before it; per sequence (its length,) float32.

        ``starts``: the token before each sequence; `start` by default. The log-likelihood of an answer is the sum over
        its own tokens.
        """
        log_p: list[np.ndarray] = [np.zeros(0, dtype=np.float32)] * len(sequences)
        for rows, ids, mask in self.batches(sequences):
            if starts is not None:
                ids[:, 0] = torch.tensor([starts[row] for row in rows], device=ids.device)
            logits: Tensor = self.module(input_ids=ids, attention_mask=mask).logits[:, :-1]
            losses = nn.functional.cross_entropy(logits.float().transpose(1, 2), ids[:, 1:], reduction="none")
            for row, values in zip(rows, (-losses).cpu().numpy(), strict=True):
                log_p[row] = values[: len(sequences[row])]
        return log_p

    def _encoded(self, texts: Sequence[str], max_tokens: int | None) -> list[tuple[list[int], int]]:
        """Each text's tokens, and the bytes that they cover."""
        if not len(texts):
            return []
        limit = min(max_tokens or self.max_tokens, self.max_tokens)
        encoded = self.tokenizer(
            list(texts), add_special_tokens=False, truncation=True, max_length=limit, return_offsets_mapping=True
        )
        ends = [max((end for _, end in spans), default=0) for spans in encoded["offset_mapping"]]
        n_bytes = [len(text[:end].encode("utf-8", "replace")) for text, end in zip(texts, ends, strict=True)]
        return list(zip(encoded["input_ids"], n_bytes, strict=True))

    def batches(self, sequences: Sequence[Sequence[int]]) -> Iterator[tuple[list[int], Tensor, Tensor]]:
        """(rows, ids, mask), the longest first, each after the start token; empty sequences are left out."""
        order = sorted((row for row, ids in enumerate(sequences) if len(ids)), key=lambda row: -len(sequences[row]))
        while order:
            longest = len(sequences[order[0]]) + 1
            n_similar = sum(len(sequences[row]) + 1 >= EVEN * longest for row in order)
            size = max(1, min(n_similar, BATCH_TOKENS // longest))
            rows, order = order[:size], order[size:]
            ids = torch.full((len(rows), longest), self.start, dtype=torch.int64)
            mask = torch.zeros_like(ids)
            for position, row in enumerate(rows):
                ids[position, 1 : len(sequences[row]) + 1] = torch.as_tensor(sequences[row])
                mask[position, : len(sequences[row]) + 1] = 1
            yield rows, ids.to(self.device), mask.to(self.device)


def _start(tokenizer: Any) -> int:
    """The token before a text: the tokenizer's own, or the separator of the documents in pre-training.

    SmolLM2 adds none and calls <|im_start|> its first token; after <|endoftext|>, which separated the documents, a
    sentence had 21 to 28 % less -log p (68 v 94 and 64 v 85 nats).
    """
    own = tokenizer("").input_ids
    known = tokenizer.get_vocab()
    between = known.get("<|endoftext|>")
    candidates = (*own[:1], between, tokenizer.bos_token_id, tokenizer.eos_token_id, 0)
    return int(next(token for token in candidates if token is not None))


def _load(folder: Path) -> tuple[Any, Any]:
    """Model and tokenizer from a folder, without a network or messages."""
    import transformers

    messages = transformers.utils.logging
    messages.set_verbosity_error()
    messages.disable_progress_bar()
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)
    with torch.random.fork_rng(devices=[]):
        module = load_pretrained(transformers.AutoModelForCausalLM, folder)
    return module, tokenizer
