from __future__ import annotations

import multiprocessing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from probes.backbones import catalog
from probes.backbones.catalog import Entry
from probes.backbones.converted import MANIFEST, converted
from probes.backbones.language import LanguageModel
from probes.backbones.weights import file_sha256
from probes.errors import BackboneError
from tests.probes.language_files import tiny_gguf

TEXTS = ["The cat sat on the mat, then it rained.", "", "Share prices fell in Tokyo.", "日本語 🙂", "a"]


@pytest.fixture(scope="module")
def gguf_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf")


def local(path: Path) -> Entry:
    """The catalog's entry with the weights of a local file."""
    return catalog.find(f"{catalog.default('language').name}@{path}", "language")


@pytest.fixture(scope="module")
def tiny(gguf_file: Path, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    return LanguageModel.load(local(gguf_file), tmp_path_factory.mktemp("models"))


def test_log_likelihood_is_what_transformers_own_loss_says(smollm: LanguageModel, tiny: LanguageModel) -> None:
    for model in (smollm, tiny):
        found = model.log_likelihood(TEXTS)
        for text, log_p, n_tokens, n_bytes in zip(TEXTS, found.log_p, found.n_tokens, found.n_bytes, strict=True):
            own = model.tokenizer(text, add_special_tokens=False).input_ids
            assert (n_tokens, n_bytes) == (len(own), len(text.encode()))
            if own:
                ids = torch.tensor([[model.start, *own]])
                with torch.inference_mode():
                    loss = float(model.module(input_ids=ids, labels=ids).loss)
                assert log_p == pytest.approx(-loss * len(own), rel=1e-3)
            else:
                assert log_p == 0


def test_a_text_starts_after_the_mark_between_documents(smollm: LanguageModel) -> None:
    assert smollm.tokenizer.decode([smollm.start]) == "<|endoftext|>"
    after_other = replace(smollm, start=smollm.tokenizer.bos_token_id)
    assert smollm.log_likelihood(TEXTS[:1]).log_p[0] > after_other.log_likelihood(TEXTS[:1]).log_p[0]


def test_english_is_likelier_than_its_words_shuffled(smollm: LanguageModel) -> None:
    words = "the committee will meet again next week to decide what should be done about the old bridge".split()
    shuffled = [words[place] for place in np.random.default_rng(0).permutation(len(words))]
    in_order, mixed = smollm.log_likelihood([" ".join(words), " ".join(shuffled)]).log_p
    assert in_order > mixed + 10


def test_batches_and_padding_change_nothing(tiny: LanguageModel) -> None:
    texts = [f"{'word ' * n}end" for n in range(1, 20)]
    together = tiny.log_likelihood(texts).log_p
    alone = [tiny.log_likelihood([text]).log_p[0] for text in texts]
    np.testing.assert_allclose(together, alone, rtol=1e-4)
    assert tiny.log_likelihood([]).log_p.shape == (0,)


def test_long_texts_are_cut_and_only_the_bytes_read_count(tiny: LanguageModel) -> None:
    cut = tiny.log_likelihood(["x" * 1000, "é" * 1000], max_tokens=10)
    assert cut.n_tokens.tolist() == [10, 10]
    assert cut.n_bytes.tolist() == [10, 10]
    assert tiny.log_likelihood(["x" * 1000]).n_tokens[0] == tiny.max_tokens == 127


def test_a_converted_folder_is_used_again_and_holds_the_weights_of_the_file(gguf_file: Path, tmp_path: Path) -> None:
    import gguf

    model = LanguageModel.load(local(gguf_file), tmp_path)
    assert model.weights_hash == file_sha256(gguf_file)
    tensors = {tensor.name: tensor.data for tensor in gguf.GGUFReader(gguf_file).tensors}
    np.testing.assert_allclose(
        model.module.get_input_embeddings().weight.detach(), tensors["token_embd.weight"], rtol=1e-3, atol=1e-5
    )
    (folder,) = (path for path in tmp_path.iterdir() if path.is_dir())
    before = (folder / "model.safetensors").stat().st_mtime_ns
    LanguageModel.load(local(gguf_file), tmp_path)
    assert (folder / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "manifest"])
def test_a_damaged_conversion_is_made_anew(gguf_file: Path, tmp_path: Path, damage: str) -> None:
    digest = file_sha256(gguf_file)
    folder = converted(gguf_file, digest, tmp_path)
    weights = folder / "model.safetensors"
    whole = file_sha256(weights)
    content = bytearray(weights.read_bytes())
    if damage == "flip":
        content[-5] ^= 1
        weights.write_bytes(content)
    elif damage == "cut":
        weights.write_bytes(content[: len(content) // 2])
    elif damage == "missing":
        weights.unlink()
    else:
        (folder / MANIFEST).write_text("{")
    left = tmp_path / f".{folder.name}.99999"  # what a killed conversion leaves
    left.mkdir()
    assert converted(gguf_file, digest, tmp_path) == folder
    assert file_sha256(weights) == whole
    assert not left.exists()


def test_two_processes_may_convert_at_once(gguf_file: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    asked = (gguf_file, file_sha256(gguf_file), tmp_path)
    processes = [context.Process(target=converted, args=asked) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 1


def test_a_hugging_face_folder_works_by_its_path_and_by_name(tiny: LanguageModel, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    tiny.module.save_pretrained(folder)
    tiny.tokenizer.save_pretrained(folder)
    by_path = LanguageModel.load(catalog.find(str(folder), "language"), tmp_path / "unused")
    by_name = LanguageModel.load(local(folder), tmp_path / "unused")
    for model in (by_path, by_name):
        np.testing.assert_allclose(model.log_likelihood(TEXTS).log_p, tiny.log_likelihood(TEXTS).log_p, rtol=1e-5)
    assert not (tmp_path / "unused").exists()


def test_what_is_no_language_model_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="not a language model"):
        LanguageModel.load(catalog.default("text"), tmp_path)
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF nothing else")
    with pytest.raises(BackboneError, match="cannot be read as a GGUF"):
        LanguageModel.load(local(broken), tmp_path / "models")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(BackboneError, match="cannot be loaded as a language model"):
        LanguageModel.load(catalog.find(str(folder), "language"), tmp_path / "models")


def test_a_language_model_is_no_backbone_for_a_dataset(tmp_path: Path) -> None:
    name = catalog.default("language").name
    for kind in ("image", "text"):
        with pytest.raises(BackboneError, match="is a language model, not a backbone"):
            catalog.find(name, kind)
        with pytest.raises(BackboneError) as raised:
            catalog.find("no such", kind)
        assert name not in str(raised.value)
    with pytest.raises(BackboneError, match="a language model is needed"):
        catalog.find("resnet18", "language")
    (tmp_path / "config.json").write_text("{}")
    assert catalog.find(str(tmp_path), "language").kind == "language"
    assert catalog.find(str(tmp_path)).kind == "text"
