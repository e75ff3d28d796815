"""The networks of gated_pixelcnn_binarized_mnist and pixelrnn_diagonal_binarized_mnist in PyTorch."""

import math

import torch
import torch.nn.functional as F
from torch import nn

SIDE = 28


def parameter(*shape):
    return nn.Parameter(torch.randn(shape) / math.sqrt(math.prod(shape[1:])))


class Coordinates(nn.Module):
    """Adds a linear function of row and column, both from -1 to 1."""

    def __init__(self, channels):
        super().__init__()
        self.kernel = parameter(2, channels)
        line = torch.arange(1 - SIDE, SIDE, 2) / (SIDE - 1)
        self.register_buffer("places", torch.stack(torch.meshgrid(line, line, indexing="ij")))

    def forward(self, x):
        return x + torch.einsum("phw,pc->chw", self.places, self.kernel)


class First(nn.Module):
    """The pixels before each one, of 7x7: 24 taps, the last four of seven columns in its own row unread."""

    def __init__(self, width):
        super().__init__()
        self.kernel, self.bias = parameter(width, 1, 24), nn.Parameter(torch.zeros(width))

    def forward(self, x):
        kernel = F.pad(self.kernel, (0, 4)).view(-1, 1, 4, 7)
        return F.conv2d(F.pad(x, (3, 3, 3, 0)), kernel, self.bias)


class Block(nn.Module):
    """A gated block of both stacks."""

    def __init__(self, width, dropout):
        super().__init__()
        self.above, self.left = nn.Conv2d(width, 2 * width, (2, 3)), nn.Conv2d(width, 2 * width, (1, 2))
        self.down, self.out = nn.Conv2d(2 * width, 2 * width, 1), nn.Conv2d(width, width, 1)
        self.dropout = nn.Dropout(dropout)

    def forward(self, v, h):
        above = self.above(F.pad(v, (1, 1, 1, 0)))
        gate = self.dropout(gated(self.left(F.pad(h, (1, 0))) + self.down(above)))
        return gated(above), h + self.out(gate)


def gated(x):
    a, b = x.chunk(2, dim=1)
    return torch.tanh(a) * torch.sigmoid(b)


class Attention(nn.Module):
    """Attention to earlier positions, keys of 16 and values of 32 numbers."""

    def __init__(self, width):
        super().__init__()
        self.of_memory, self.of_query = Coordinates(width + 1), Coordinates(width)
        self.keys, self.values = nn.Conv2d(width + 1, 16, 1), nn.Conv2d(width + 1, 32, 1)
        self.queries, self.out = nn.Conv2d(width, 16, 1), nn.Conv2d(32, width, 1)
        size = SIDE**2
        later = torch.ones(size, size).triu() * -3e4
        self.register_buffer("later", later)
        self.register_buffer("known", (torch.arange(size) > 0).float()[:, None])

    def forward(self, h, x):
        memory, query = self.of_memory(torch.cat([h, x], dim=1)), self.of_query(h)
        parts = self.queries(query), self.keys(memory), self.values(memory)
        q, k, v = (part.flatten(2).transpose(1, 2) for part in parts)
        found = F.scaled_dot_product_attention(q, k, v, attn_mask=self.later) * self.known
        return h + self.out(found.transpose(1, 2).reshape(len(h), -1, SIDE, SIDE))


class GatedPixelCNN(nn.Module):
    """Logits of bits (batch, 1, 28, 28)."""

    def __init__(self, width=32, blocks=8, attention=(3, 7), hidden=64, dropout=0.2):
        super().__init__()
        self.first_above, self.of_above = nn.Conv2d(1, width, (3, 7)), Coordinates(width)
        self.first_left, self.down = nn.Conv2d(1, width, (1, 3)), nn.Conv2d(width, width, 1)
        self.of_left = Coordinates(width)
        self.blocks = nn.ModuleList(Block(width, dropout) for _ in range(blocks))
        self.attention = nn.ModuleDict({str(block): Attention(width) for block in attention})
        self.head = nn.Sequential(nn.ReLU(), nn.Conv2d(width, hidden, 1), nn.ReLU(), nn.Conv2d(hidden, 1, 1))

    def forward(self, x):
        x = 2 * x - 1
        v = self.of_above(self.first_above(F.pad(x[:, :, :-1], (3, 3, 3, 0))))
        left = self.first_left(F.pad(x[..., :-1], (3, 0)))
        h = self.of_left(left + self.down(v))
        for number, block in enumerate(self.blocks):
            v, h = block(v, h)
            h = self.attention[str(number)](h, x) if str(number) in self.attention else h
        return self.head(h)


class DiagonalBiLSTM(nn.Module):
    """Both scans of LSTM cells along the diagonals, channels last."""

    def __init__(self, inputs, units, compiled):
        super().__init__()
        self.units = units
        self.kernel, self.bias = parameter(inputs, 8 * units), nn.Parameter(torch.zeros(8 * units))
        self.of_pixels, self.recurrent = parameter(1, 4 * units), parameter(2, 2 * units, 4 * units)
        self.cell = torch.compile(cell) if compiled else cell
        place = torch.arange(2 * SIDE - 1) - torch.arange(SIDE)[:, None]
        self.register_buffer("inside", ((place >= 0) & (place < SIDE)).float()[..., None])

    def forward(self, x, pixels):
        left, right = (x @ self.kernel + self.bias).chunk(2, dim=-1)
        skewed = skew(torch.stack([left, (right + pixels @ self.of_pixels).flip(2)]))
        shape = (2, x.shape[0] * SIDE, self.units)
        h, memory, columns = x.new_zeros(shape), x.new_zeros(shape), []
        for at in range(2 * SIDE - 1):
            given = skewed[:, :, :, at].reshape(2, -1, 4 * self.units)
            inside = self.inside[:, at].repeat(x.shape[0], 1)
            h, memory = self.cell(given, h, memory, self.recurrent, inside)
            columns.append(h.view(2, -1, SIDE, self.units))
        left, right = unskew(torch.stack(columns, dim=3))
        return left + F.pad(right.flip(2)[:, :-1], (0, 0, 0, 0, 1, 0))


def cell(given, h, memory, recurrent, inside):
    """The next column of both scans: (2, batch rows, units) twice."""
    above = F.pad(h.view(2, -1, SIDE, h.shape[-1])[:, :, :-1], (0, 0, 1, 0)).reshape(h.shape)
    gates = torch.baddbmm(given, torch.cat([h, above], dim=-1), recurrent)
    i, f, o, g = gates.chunk(4, dim=-1)
    memory = (torch.sigmoid(f + 1) * memory + torch.sigmoid(i) * torch.tanh(g)) * inside
    return torch.sigmoid(o) * torch.tanh(memory) * inside, memory


def skew(x):
    """Row i moved i columns to the right: (2, batch, h, w, c) -> (2, batch, h, h + w - 1, c)."""
    flat = F.pad(x, (0, 0, 0, SIDE)).flatten(2, 3)
    return flat[:, :, :-SIDE].view(*x.shape[:3], 2 * SIDE - 1, x.shape[-1])


def unskew(x):
    flat = F.pad(x.flatten(2, 3), (0, 0, 0, SIDE))
    return flat.view(*x.shape[:3], 2 * SIDE, x.shape[-1])[:, :, :, :SIDE]


class DiagonalPixelRNN(nn.Module):
    """Logits of bits (batch, 1, 28, 28)."""

    def __init__(self, units=(16,) * 7, width=32, hidden=64, dropout=0.1, compiled=False):
        super().__init__()
        self.first, self.places = First(width), Coordinates(width)
        self.layers = nn.ModuleList(DiagonalBiLSTM(width, size, compiled) for size in units)
        self.out = nn.ModuleList(nn.Linear(size, width) for size in units)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Sequential(nn.ReLU(), nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, x):
        x = 2 * x - 1
        h, pixels = (part.permute(0, 2, 3, 1) for part in (self.places(self.first(x)), x))
        for layer, out in zip(self.layers, self.out, strict=True):
            h = h + out(self.dropout(layer(h, pixels)))
        return self.head(h).permute(0, 3, 1, 2)
