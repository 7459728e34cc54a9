"""The forward pass of a BERT encoder, in torch alone.

transformers and sentence-transformers compute the same and take 6 s of CPU to import; torch takes 2 s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

LAYER_NORM_EPS = 1e-12


class BertEncoder:
    """Mean-pooled sentence vectors from the weights of a BERT model (Devlin et al. 2019).

    ``weights`` carry the names of Hugging Face's BertModel. ``heads`` is the number of attention heads.
    """

    def __init__(self, weights: Mapping[str, torch.Tensor], heads: int) -> None:
        self._weights = weights
        self._heads = heads
        self._layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))

    def encode(self, ids_BT: torch.Tensor, mask_BT: torch.Tensor) -> torch.Tensor:
        """f32[B, D]: the mean of the last layer over the tokens where ``mask_BT`` is True, scaled to length 1."""
        import torch.nn.functional as F  # noqa: N812 - torch's own name for it

        hidden_BTD = self._embed(ids_BT)
        attend_B11T = None if bool(mask_BT.all()) else mask_BT[:, None, None, :]
        for layer in range(self._layers):
            hidden_BTD = self._layer(hidden_BTD, attend_B11T, f"encoder.layer.{layer}")
        counted_BT1 = mask_BT[:, :, None].to(hidden_BTD.dtype)
        return F.normalize((hidden_BTD * counted_BT1).sum(1) / counted_BT1.sum(1), dim=1)

    def _embed(self, ids_BT: torch.Tensor) -> torch.Tensor:
        table = self._weights
        words = table["embeddings.word_embeddings.weight"][ids_BT]
        positions = table["embeddings.position_embeddings.weight"][: ids_BT.shape[1]]
        return self._norm(words + positions + table["embeddings.token_type_embeddings.weight"][0], "embeddings")

    def _layer(self, hidden_BTD: torch.Tensor, attend: torch.Tensor | None, at: str) -> torch.Tensor:
        import torch.nn.functional as F  # noqa: N812 - torch's own name for it

        batch, tokens, width = hidden_BTD.shape
        query, key, value = (
            self._dense(hidden_BTD, f"{at}.attention.self.{part}").view(batch, tokens, self._heads, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=attend).transpose(1, 2)
        mixed = self._dense(mixed.reshape(batch, tokens, width), f"{at}.attention.output.dense")
        hidden_BTD = self._norm(hidden_BTD + mixed, f"{at}.attention.output")
        inner = F.gelu(self._dense(hidden_BTD, f"{at}.intermediate.dense"))
        return self._norm(hidden_BTD + self._dense(inner, f"{at}.output.dense"), f"{at}.output")

    def _dense(self, x: torch.Tensor, at: str) -> torch.Tensor:
        import torch.nn.functional as F  # noqa: N812 - torch's own name for it

        return F.linear(x, self._weights[f"{at}.weight"], self._weights[f"{at}.bias"])

    def _norm(self, x: torch.Tensor, at: str) -> torch.Tensor:
        import torch.nn.functional as F  # noqa: N812 - torch's own name for it

        scale, shift = self._weights[f"{at}.LayerNorm.weight"], self._weights[f"{at}.LayerNorm.bias"]
        return F.layer_norm(x, (x.shape[-1],), scale, shift, LAYER_NORM_EPS)
