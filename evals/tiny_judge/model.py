"""The untrained tiny judge: a LLaVA (CLIP tower, Llama), its tokenizer, its processor."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)

from errata.demo.digits import PICTURE_SIDE
from errata.prompts.options import WORDS
from errata.tools.judging.bank.bank import DENIED, PRESENCE, RATHER
from errata.types import CANNOT_TELL, OTHER_ANSWERS
from evals.tiny_judge.questions import Style, ask
from evals.tiny_judge.yes_no import TEXTS, attributes

PATCH = 8
CONTEXT = 512
PAD, START, END, IMAGE = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>"

CHAT_TEMPLATE = (
    "{%- for m in messages -%}<|im_start|>{{ m.role }}\n{% if m.content is string %}{{ m.content }}{% else %}"
    "{% for c in m.content %}{% if c.type == 'image' or c.type == 'image_url' %}<image>"
    "{% elif c.type == 'text' %}{{ c.text }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build(seed: int) -> tuple[Any, Any]:
    """(model, processor), the weights random."""
    tokenizer = build_tokenizer()
    torch.manual_seed(seed)
    model = LlavaForConditionalGeneration(_config(tokenizer)).float()
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    return model, _processor(tokenizer)


def load(folder: Path) -> tuple[Any, Any]:
    """(model, processor) as ``save`` wrote them, the model in single precision."""
    model = LlavaForConditionalGeneration.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    return model, LlavaProcessor.from_pretrained(folder, local_files_only=True)


def build_tokenizer() -> Any:
    """Bytes, and one token for each line of the prompts and for each answer: a whole question is 40 to 110 tokens."""
    bytes_ = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: i for i, byte in enumerate(bytes_)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([PAD, START, END, IMAGE])
    tokenizer.add_tokens([AddedToken(phrase, normalized=False) for phrase in _phrases()])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        model_max_length=CONTEXT,
        extra_special_tokens={"image_token": IMAGE},
        chat_template=CHAT_TEMPLATE,
    )


def save(model: Any, processor: Any, folder: Path) -> None:
    """Write the folder that transformers 5 and vLLM both load: half precision, the tower's keys as vLLM names them."""
    model.half().save_pretrained(folder)
    model.float()
    processor.save_pretrained(folder)
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    named = {re.sub(r"(vision_tower\.)(?!vision_model\.)", r"\1vision_model.", k): v for k, v in tensors.items()}
    save_file(named, weights, metadata={"format": "pt"})
    weights.chmod(0o644)


BLANK = "_"
"""Placeholder for a digit when phrases around it are extracted; no prompt contains it."""


def _phrases() -> list[str]:
    """The prompts' own lines, as they are rendered; of the options, the heads and the words that are not labels; of
    questions about a label, what stands before and behind it.

    ``A) `` with the line break before it is one token: the letter of an option then stands right before its label,
    which a small model learns to look up some thousand steps sooner. No phrase has a line break elsewhere.
    """
    heads = ["\n- ", *(f"\n{letter}) " for letter in string.ascii_uppercase[: 10 + len(OTHER_ANSWERS)])]
    named = f'"{BLANK}"'
    lines = ["system", "user", "assistant", *heads, *(question.text for question in attributes())]
    lines += [text.format(label=named, other=named) for text in (*PRESENCE, DENIED, RATHER)]
    lines += [text.format(BLANK) for text in TEXTS]
    for protocol, words in WORDS.items():
        lines += [*words.values(), *_lines(protocol, "names"), *_lines(protocol, "letters")]
    phrases = dict.fromkeys(phrase for line in lines for phrase in line.split(BLANK))
    return [phrase for phrase in phrases if len(phrase) > 1]


def _lines(protocol: Any, style: Style) -> list[str]:
    slots = {"question_bank": {"question": BLANK}, "several_labels": {"label": BLANK}}.get(protocol, {})
    text = BLANK if protocol == "image_text_pair" else None
    question = ask(protocol, style, tuple(WORDS[protocol]), CANNOT_TELL, text, **slots)
    system, user = replace(question, guideline=BLANK).messages()
    options = {option.line for option in question.options}
    lines = [*system["content"].splitlines(), *user["content"][-1]["text"].splitlines()]
    return [line for line in lines if line not in options]


def _config(tokenizer: Any) -> Any:
    tower = CLIPVisionConfig(
        hidden_size=64,
        intermediate_size=192,
        num_hidden_layers=3,
        num_attention_heads=4,
        image_size=PICTURE_SIDE,
        patch_size=PATCH,
        projection_dim=64,
    )
    language = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=160,
        num_hidden_layers=3,
        num_attention_heads=3,
        num_key_value_heads=3,
        head_dim=32,
        max_position_embeddings=CONTEXT,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    return LlavaConfig(
        vision_config=tower,
        text_config=language,
        image_token_index=tokenizer.convert_tokens_to_ids(IMAGE),
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
        image_seq_length=(PICTURE_SIDE // PATCH) ** 2,
        multimodal_projector_bias=True,
        tie_word_embeddings=False,
    )


def _processor(tokenizer: Any) -> Any:
    side = {"height": PICTURE_SIDE, "width": PICTURE_SIDE}
    images = CLIPImageProcessorPil(
        size=side, crop_size=side, do_center_crop=False, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    return LlavaProcessor(
        image_processor=images,
        tokenizer=tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        chat_template=CHAT_TEMPLATE,
        image_token=IMAGE,
        num_additional_image_tokens=1,
    )
