"""A transformers model in this process: a batch of closed questions in, answers with log-probabilities out."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from errata.errors import SetupError, missing_extra
from errata.prompts import Message
from errata.tools.data.images import load_image
from errata.tools.judging.backends.constrained import ChoiceTree, by_text
from errata.tools.judging.chat import ChatReply, ChatRequest, TokenChoice

SAMPLE_BYTES = 1 << 20


class Weights:
    """Loaded from ``folder``: safetensors alone, no code of the model's own, nothing fetched.

    A folder whose configuration has a vision part is a vision-language model; any other a language model.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._model, self._processor, self._longest = _load(folder)
        self._sees = hasattr(self._model.config, "vision_config")
        self._tokenizer: Any = getattr(self._processor, "tokenizer", self._processor)
        self._tokenizer.padding_side = "left"
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        # The same labels are asked about again and again, and a tokenizer call costs more than the rest of a choice.
        self._encode = lru_cache(4096)(self._tokens_of)

    def answer(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """One reply per request. ValueError, DataError or torch's RuntimeError where any one of them is at fault."""
        started = time.perf_counter()
        trees = [ChoiceTree.of(request.choices, self._encode, self._tokenizer.eos_token_id) for request in requests]
        inputs = self._inputs(requests)
        answers, log_probs_TBV = self._generate(inputs, trees)
        tokens_in = inputs["attention_mask"].sum(dim=1).tolist()
        ms = (time.perf_counter() - started) * 1000
        return [
            ChatReply(
                text=tree.read(tokens),
                tokens=self._choices(tree, tokens, log_probs_TBV[:, row], request.top_logprobs),
                tokens_in=int(n),
                tokens_out=len(tokens),
                ms=ms,
                model=self.name,
            )
            for row, (request, tree, tokens, n) in enumerate(zip(requests, trees, answers, tokens_in, strict=True))
        ]

    def _generate(self, inputs: Any, trees: Sequence[ChoiceTree]) -> tuple[list[tuple[int, ...]], Any]:
        """The likeliest allowed tokens of each row, greedily, and raw log-probabilities f32[T, B, V]."""
        import torch

        width = inputs["input_ids"].shape[1]
        steps = max(tree.steps for tree in trees)
        if width + steps > self._longest:
            raise ValueError(f"the prompt has {width} tokens, and the model takes {self._longest - steps}")

        def allowed(row: int, ids: torch.Tensor) -> list[int]:
            return trees[row].allowed(self._until_end(ids[width:].tolist()))

        with torch.inference_mode():
            out = self._model.generate(
                **inputs,
                do_sample=False,
                max_new_tokens=steps,
                prefix_allowed_tokens_fn=allowed,
                pad_token_id=self._tokenizer.pad_token_id,
                return_dict_in_generate=True,
                output_logits=True,
            )
        answers = [self._until_end(row[width:].tolist()) for row in out.sequences]
        return answers, torch.log_softmax(torch.stack(out.logits).float(), dim=-1).cpu()

    def _inputs(self, requests: Sequence[ChatRequest]) -> Any:
        prompts = [self._prompt(request.messages) for request in requests]
        if not self._sees:
            if any(images_of(request.messages) for request in requests):
                raise ValueError(f"{self.name} is a language model and cannot see images")
            inputs = self._tokenizer(prompts, padding=True, return_tensors="pt", add_special_tokens=False)
        else:
            images = [[load_image(image) for image in images_of(request.messages)] for request in requests]
            inputs = self._processor(
                text=prompts,
                images=images if any(images) else None,
                padding=True,
                return_tensors="pt",
                add_special_tokens=False,
            )
        return inputs.to(self._model.device)

    def _prompt(self, messages: Sequence[Message]) -> str:
        turns = [{"role": message["role"], "content": _content(message, as_parts=self._sees)} for message in messages]
        text: str = self._processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return text

    def _tokens_of(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def _until_end(self, ids: Sequence[int]) -> tuple[int, ...]:
        end = self._tokenizer.eos_token_id
        return tuple(ids[: ids.index(end)] if end in ids else ids)

    def _choices(self, tree: ChoiceTree, said: tuple[int, ...], log_probs_TV: Any, top: int) -> tuple[TokenChoice, ...]:
        """The answer token by token, as far as it takes to tell it from the other choices."""
        # Where a longer choice begins with what was said, stopping there was a choice too.
        stopped = len(said) < len(log_probs_TV) and len(tree.allowed(said)) > 1
        return tuple(
            TokenChoice(self._tokenizer.decode([token]), self._top(log_probs_TV[at], top, tree.allowed(said[:at])))
            for at, token in enumerate((*said, tree.end) if stopped else said)
        )

    def _top(self, log_probs_V: Any, top: int, also: Sequence[int]) -> dict[str, float]:
        """The likeliest tokens, and those that a choice may go on with, however unlikely."""
        best = log_probs_V.topk(min(top, len(log_probs_V))).indices.tolist()
        return by_text(
            [(self._tokenizer.decode([token]), float(log_probs_V[token])) for token in sorted({*best, *also})]
        )


def _load(folder: Path) -> tuple[Any, Any, int]:
    """The model, what turns messages into its inputs, and how many tokens it takes."""
    try:
        import torch
        import transformers
        from safetensors import SafetensorError
    except ImportError:
        raise missing_extra("transformers", "local") from None
    transformers.utils.logging.disable_progress_bar()
    safely = {"local_files_only": True, "trust_remote_code": False}
    on_gpu = torch.cuda.is_available()
    try:
        config = transformers.AutoConfig.from_pretrained(folder, **safely)
        sees = hasattr(config, "vision_config")
        reader = transformers.AutoProcessor if sees else transformers.AutoTokenizer
        kind = transformers.AutoModelForImageTextToText if sees else transformers.AutoModelForCausalLM
        processor = reader.from_pretrained(folder, **safely)
        dtype = "auto" if on_gpu else torch.float32
        model = kind.from_pretrained(folder, use_safetensors=True, dtype=dtype, **safely)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise SetupError(f"{folder} does not hold a transformers model that errata can use: {error}") from error
    longest = getattr(config.get_text_config(), "max_position_embeddings", None) or 1 << 30
    return model.to("cuda" if on_gpu else "cpu").eval(), processor, longest


def images_of(messages: Sequence[Message]) -> list[bytes]:
    """The images that messages carry, decoded from their data URLs."""
    return [
        base64.b64decode(part["image_url"]["url"].partition(",")[2])
        for message in messages
        if not isinstance(message["content"], str)
        for part in message["content"]
        if part["type"] == "image_url"
    ]


def _content(message: Message, *, as_parts: bool) -> Any:
    """Content as chat templates want it: vision-language ones a list of parts, language ones a text."""
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if as_parts:
        return [{"type": "image"} if part["type"] == "image_url" else part for part in parts]
    return "\n".join(part["text"] for part in parts if part["type"] == "text")


def fingerprint(folder: Path) -> str:
    """A hash that changes with the weights, the tokenizer or the chat template; of large files only both ends count."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        if path.suffix in (".safetensors", ".json", ".jinja", ".model", ".txt"):
            size = path.stat().st_size
            found.update(f"{path.name}\0{size}\0".encode())
            with path.open("rb") as file:
                found.update(file.read(SAMPLE_BYTES))
                file.seek(max(0, size - SAMPLE_BYTES))
                found.update(file.read())
    return found.hexdigest()[:12]
