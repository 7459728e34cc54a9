"""A transformers model in this process: a batch of requests in, answers with log-probabilities out."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from errata.errors import SetupError, missing_extra
from errata.prompts import Message
from errata.tools.data.images import load_image
from errata.tools.judging.backends.constrained import ChoiceTree, by_text
from errata.tools.judging.chat import ChatReply, ChatRequest, TokenChoice


class Weights:
    """Loaded from ``folder``: safetensors only, none of the model's own code, nothing downloaded.

    A folder whose configuration has a vision part is a vision-language model; any other is a language model.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self._model, self._processor, self._longest = _load(folder)
        self._sees = hasattr(self._model.config, "vision_config")
        self._tokenizer: Any = getattr(self._processor, "tokenizer", self._processor)
        self._tokenizer.padding_side = "left"
        if self._tokenizer.pad_token is None:
            self._tokenizer.pad_token = self._tokenizer.eos_token
        # The same labels recur, and tokenizing them costs more than the rest of a choice.
        self._encode = lru_cache(4096)(self._tokens_of)

    def answer(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """One reply per request. ValueError, DataError, or torch's RuntimeError if any of them is at fault.

        A request with choices is constrained to them. One without is answered freely and greedily, without
        probabilities; its schema is not enforced.
        """
        replies: dict[int, ChatReply] = {}
        for closed, answer in ((True, self._choose), (False, self._write)):
            at = [n for n, request in enumerate(requests) if bool(request.choices) == closed]
            if at:
                replies.update(zip(at, answer([requests[n] for n in at]), strict=True))
        return [replies[n] for n in range(len(requests))]

    def _choose(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """The likeliest choice, token by token."""
        import torch

        started = time.perf_counter()
        trees = [ChoiceTree.of(request.choices, self._encode, self._tokenizer.eos_token_id) for request in requests]
        inputs = self.inputs(requests)
        width = inputs["input_ids"].shape[1]

        def allowed(row: int, ids: torch.Tensor) -> list[int]:
            return trees[row].allowed(self._until_end(ids[width:].tolist()))

        steps = max(tree.steps for tree in trees)
        out = self._generate(inputs, steps, prefix_allowed_tokens_fn=allowed, output_logits=True)
        log_probs_TBV = torch.log_softmax(torch.stack(out.logits).float(), dim=-1).cpu()
        ms = (time.perf_counter() - started) * 1000
        replies = []
        for row, tree in enumerate(trees):
            said = self._until_end(out.sequences[row, width:].tolist())
            tokens = self._choices(tree, said, log_probs_TBV[:, row])
            replies.append(self._reply(tree.read(said), tokens, inputs["attention_mask"][row], len(said), ms))
        return replies

    def _write(self, requests: Sequence[ChatRequest]) -> list[ChatReply]:
        """Free text, until the model ends or reaches ``max_tokens``."""
        started = time.perf_counter()
        inputs = self.inputs(requests)
        width = inputs["input_ids"].shape[1]
        out = self._generate(inputs, max(request.max_tokens for request in requests))
        ms = (time.perf_counter() - started) * 1000
        replies = []
        for row, request in enumerate(requests):
            said = self._until_end(out.sequences[row, width:].tolist())[: request.max_tokens]
            text = self._tokenizer.decode(said, skip_special_tokens=True)
            replies.append(self._reply(text, None, inputs["attention_mask"][row], len(said), ms))
        return replies

    def _generate(self, inputs: Any, steps: int, **how: Any) -> Any:
        """Generate greedily, at most ``steps`` tokens per row; ValueError if the model has no room for them."""
        import torch

        width = inputs["input_ids"].shape[1]
        if width + steps > self._longest:
            raise ValueError(f"the prompt has {width} tokens, and the model takes {self._longest - steps}")
        with torch.inference_mode():
            return self._model.generate(
                **inputs,
                do_sample=False,
                max_new_tokens=steps,
                pad_token_id=self._tokenizer.pad_token_id,
                return_dict_in_generate=True,
                **how,
            )

    def _reply(
        self, text: str, tokens: tuple[TokenChoice, ...] | None, mask_T: Any, tokens_out: int, ms: float
    ) -> ChatReply:
        return ChatReply(text, tokens, int(mask_T.sum()), tokens_out, ms, self.name)

    def inputs(self, requests: Sequence[ChatRequest]) -> Any:
        """The model's inputs: ``input_ids`` and ``attention_mask`` i64[B, T], padded on the left, and ``pixel_values``
        if there are images. ValueError for images if the model cannot see, DataError for one that cannot be read."""
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

    def _choices(self, tree: ChoiceTree, said: tuple[int, ...], log_probs_TV: Any) -> tuple[TokenChoice, ...]:
        """The answer token by token, as far as needed to tell it from the other choices."""
        # If a longer choice begins with what was said, stopping there was an option too.
        stopped = len(said) < len(log_probs_TV) and len(tree.allowed(said)) > 1
        return tuple(
            TokenChoice(self._tokenizer.decode([token]), self._by_text(log_probs_TV[at], tree, said[:at]))
            for at, token in enumerate((*said, tree.end) if stopped else said)
        )

    def _by_text(self, log_probs_V: Any, tree: ChoiceTree, begun: tuple[int, ...]) -> dict[str, float]:
        """Keep only what a choice may continue with, as a server's constraint does: other tokens may begin one by
        chance."""
        spelled = tree.spelled(self._tokenizer.decode(begun)) & self._ids_of.keys()
        allowed = {*tree.allowed(begun), *(token for text in spelled for token in self._ids_of[text])}
        return by_text([(self._tokenizer.decode([token]), float(log_probs_V[token])) for token in sorted(allowed)])

    @cached_property
    def _ids_of(self) -> dict[str, list[int]]:
        """Text -> the tokens with that text."""
        found: dict[str, list[int]] = {}
        for token, text in enumerate(self._tokenizer.batch_decode([[n] for n in range(len(self._tokenizer))])):
            found.setdefault(text, []).append(token)
        return found


def _load(folder: Path) -> tuple[Any, Any, int]:
    """The model, its processor or tokenizer, and its context length in tokens."""
    try:
        import torch
        import transformers
        from safetensors import SafetensorError
    except ImportError:
        raise missing_extra("transformers", "local") from None
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()  # errata reports a too long prompt in its own words
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
    """The images in messages, decoded from their data URLs."""
    return [
        base64.b64decode(part["image_url"]["url"].partition(",")[2])
        for message in messages
        if not isinstance(message["content"], str)
        for part in message["content"]
        if part["type"] == "image_url"
    ]


def _content(message: Message, *, as_parts: bool) -> Any:
    """Content in the form of chat templates: a list of parts for vision-language ones, text for language ones."""
    content = message["content"]
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    if as_parts:
        return [{"type": "image"} if part["type"] == "image_url" else part for part in parts]
    return "\n".join(part["text"] for part in parts if part["type"] == "text")
