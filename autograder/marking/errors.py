"""What exceptions mean, in plain words: one table, looked up by an error's message and the student's line alone.

A sentence says what is certain from these two, and nothing else; where no row fits, none is said.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import torch

from ..exchange.values import Raised

# --- next steps, by the kind of error -----------------------------------------------------------------------------

NAME = "mend that name"
CALL = "look at the brackets and what is in them"
VALUE = "print what goes into that line, one value at a time, and its `type(...)`"
SHAPE = "print the `.shape` of each tensor in that line, just before it"
NOTHING = "print what is None there, and go back to the line that made it"
TRACKED = "go back from that line to where each tensor is made: which of them should require grad?"
GRAPH = "go through the calls one by one: what is recorded, what runs backward, and when?"
RANGE = "print the numbers that go into that line, for this input"
DTYPE = "print the `.dtype` of each tensor in that line"
NEUTRAL = "run the lines up to that one in a cell of their own, and print what goes into it"


@dataclass(frozen=True)
class Row:
    """One kind of error. `message` is searched in "Kind: message", `line` (where given) in the student's line.

    In `says`, {0}, {1}, … are the groups of `message`, and {line} the first group of `line`.
    """

    message: str
    says: str
    then: str
    line: str = ""


@dataclass(frozen=True)
class Explanation:
    """What an error means, "" where nothing is certain, and what to do next."""

    says: str
    then: str


_ARITHMETIC = r"unsupported operand type\(s\) for (\S+)(?: or pow\(\))?: "
_METHOD = "'(?:builtin_function_or_method|method|function|method_descriptor)'"

ROWS = (
    # a cell that is no Python
    Row(
        r"SyntaxError: invalid non-printable character U\+00A0",
        "A no-break space was pasted in: it looks like a space, and Python does not take it.",
        "type the spaces of that line anew",
    ),
    Row(
        r"SyntaxError: invalid (?:non-printable )?character (?:'(.)' )?\(?U\+(\w+)",
        "The character {0} (U+{1}) was pasted in: it looks like one of Python's, and is none.",
        "type that line anew",
    ),
    Row(
        r"(?:SyntaxError|IndentationError): expected an indented block after (.+)",
        "Under {0} nothing is indented: what belongs to it stands four spaces further in.",
        "indent what belongs to it",
    ),
    Row(r"IndentationError: unexpected indent", "That line is further in than the one above it.", "line it up"),
    Row(
        r"IndentationError: unindent does not match|TabError",
        "That line is indented like no line above it (tabs and spaces look alike).",
        "line it up with spaces",
    ),
    Row(r"SyntaxError: '(.)' was never closed", "The bracket `{0}` is opened and not closed.", "close it"),
    Row(r"SyntaxError: unmatched '(.)'", "The bracket `{0}` closes what was never opened.", "count the brackets"),
    Row(
        r"SyntaxError: closing parenthesis '(.)' does not match opening parenthesis '(.)'",
        "`{1}` is closed by `{0}`.",
        "count the brackets",
    ),
    Row(
        r"SyntaxError: unterminated (?:triple-quoted )?(?:f-)?string",
        "A text begins there and never ends.",
        "close its quotes",
    ),
    Row(
        r"SyntaxError: expected ':'",
        "A `:` is missing at the end of that line's `def`, `if`, `for` or the like.",
        "add it",
    ),
    Row(
        r"SyntaxError: 'return' outside function",
        "That `return` stands in no function: it is not indented.",
        "indent it",
    ),
    Row(
        r"SyntaxError: .*[Mm]aybe you meant '==' ",
        "`=` gives a name a value; to compare there is `==`.",
        "look at each `=` in that line",
    ),
    Row(
        r"SyntaxError: cannot assign to (.+?)(?: here)?(?:\.|$)",
        "What stands before `=` has to be a name or a place, and there it is of another kind ({0}).",
        "look at what stands before the `=`",
    ),
    Row(
        r"SyntaxError: invalid decimal literal",
        "A name begins right behind a digit: `2x` is no product in Python, that is `2 * x`.",
        "write the `*`",
    ),
    Row(
        r"SyntaxError: .*[Pp]erhaps you forgot a comma",
        "A comma or an operator may be missing there.",
        "look between the values",
    ),
    Row(
        r"SyntaxError",
        "Python can't read that line (or the one above it), so nothing of the cell was run.",
        "read it sign by sign",
    ),
    Row(
        r"No module named 'google(?:\.colab)?'",
        "`google.colab` exists on Google Colab alone. A cell ends at its first error: what stands below did not run.",
        "delete that line",
    ),
    # None
    Row(
        r"AttributeError: 'NoneType' object has no attribute '(?:zero_|item|clone|detach|numpy|view|reshape|sum)'",
        "`.grad` is None there: torch puts a gradient into it when `backward()` runs, and only on a leaf that requires "
        "grad.",
        NOTHING,
        line=r"\.grad\b",
    ),
    Row(
        r"AttributeError: 'NoneType' object has no attribute '(\w+)'",
        "`.grad_fn` is None there: a leaf, or a tensor that is not recorded, has no graph behind it.",
        NOTHING,
        line=r"grad_fn\b",
    ),
    Row(
        r"AttributeError: 'NoneType' object has no attribute '(\w+)'",
        "What stands before `.{0}` is None, and None has no `.{0}`.",
        NOTHING,
    ),
    Row(
        _ARITHMETIC + r"(?:'NoneType' and|.* and 'NoneType')",
        "`.grad` is None there, and None can't be used with `{0}`: a gradient is there only after `backward()`, and "
        "only on a leaf that requires grad.",
        NOTHING,
        line=r"\.grad\b(?!_fn)",
    ),
    Row(_ARITHMETIC + r"(?:'NoneType' and|.* and 'NoneType')", "One side of the `{0}` is None.", NOTHING),
    Row(r"TypeError: bad operand type for unary (.): 'NoneType'", "What stands after the `{0}` is None.", NOTHING),
    Row(
        r"TypeError: 'NoneType' object is not (?:subscriptable|iterable|callable)|'NoneType' object does not support",
        "Something there is None. Functions without a `return` give None, and so do methods that work in place, such "
        "as `sort()` or `append()`.",
        NOTHING,
    ),
    Row(r"TypeError: cannot unpack non-iterable NoneType", "What stands on the right of the `=` is None.", NOTHING),
    Row(r"'[<>]=?' not supported between instances of (?:'NoneType'|.* and 'NoneType')", "One side is None.", NOTHING),
    Row(r"TypeError: must be real number, not NoneType", "None went in where a number is needed.", NOTHING),
    Row(r"Could not infer dtype of NoneType", "A tensor can't be made of None.", NOTHING),
    # a call without its brackets, a method on the wrong thing
    Row(
        rf"AttributeError: {_METHOD} object has no attribute '(\w+)'",
        "A `()` is missing before `.{0}`: without it that is the function itself, not what it gives.",
        CALL,
    ),
    Row(
        rf"{_ARITHMETIC}(?:{_METHOD} and|.* and {_METHOD}|'type' and)",
        "One side of the `{0}` is a function, not a number: a function gives a value when it is called, with `()`.",
        CALL,
    ),
    Row(
        rf"TypeError: {_METHOD} object is not (?:subscriptable|iterable)",
        "That is a function: it is called with `(...)`, and without them there is nothing to take from it.",
        CALL,
    ),
    Row(
        r"TypeError: 'torch.Size' object is not callable",
        "`.shape` is no function: use `.shape[0]`, or `.size(0)`.",
        CALL,
    ),
    Row(
        r"TypeError: '(float|int|Tensor|list|tuple|dict|str|bool|numpy\.\w+|torch\.dtype)' object is not callable",
        "Round brackets behind a value call it, and a {0} can't be called. Is a `*` missing, or has a function's name "
        "been given to a value?",
        CALL,
    ),
    Row(
        r"TypeError: (?:\S*<locals>\.)?(\S+?)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given",
        "`{0}` takes {1} arguments, and {2} were given. (In a class, the object or `ctx` counts as one.)",
        CALL,
    ),
    Row(r"TypeError: (\w+)\(\) takes no arguments", "`{0}` takes no arguments here, and was given some.", CALL),
    Row(
        r"TypeError: (?:\S*<locals>\.)?(\S+?)\(\) missing \d+ required \S+ arguments?: (.+)",
        "`{0}` was called without {1}.",
        CALL,
    ),
    Row(
        r"TypeError: (?:\S*<locals>\.)?(\S+?)\(\) got an unexpected keyword argument '(\w+)'",
        "`{0}` has no argument named `{1}`.",
        CALL,
    ),
    Row(
        r"TypeError: (\w+)\(\) received an invalid combination of arguments - got \((.*?)(?:, )?\), but",
        "`{0}` can't be called with what it was given there: ({1}).",
        CALL,
    ),
    # names
    Row(
        r"UnboundLocalError: cannot access local variable '(\w+)'",
        "`{0}` has no value yet when that line runs: inside a function, a name that is given a value anywhere is the "
        "function's own, from its first line on.",
        NAME,
    ),
    Row(r"NameError: cannot access free variable '(\w+)'", "`{0}` has no value yet when that line runs.", NAME),
    Row(r"ModuleNotFoundError: No module named '([\w.]+)'", "There is no module `{0}` here.", NAME),
    Row(r"ImportError: cannot import name '(\w+)' from '([\w.]+)'", "`{1}` has no `{0}` to import.", NAME),
    # numbers
    Row(
        r"ZeroDivisionError: 0\.0 cannot be raised to a negative power|zero to a negative power",
        "0 to a negative power is 1 / 0, which is no number: this input leads there.",
        RANGE,
    ),
    Row(r"ZeroDivisionError: .*modulo", "The number after `%` is 0 for this input.", RANGE),
    Row(r"ZeroDivisionError", "The number that is divided by is 0 for this input.", RANGE),
    Row(
        r"ValueError: (?:math domain error|expected a .*(?:input|number), got)",
        "That function of `math` is not defined at the number that it got: a logarithm at 0, a root below 0.",
        RANGE,
    ),
    Row(
        r"OverflowError: (?:math range error|\(34,|cannot convert float infinity|int too large)",
        "The number gets too large for Python's floats: this input is a large one.",
        RANGE,
    ),
    Row(
        r"TypeError: unsupported operand type\(s\) for \^",
        "`^` is not a power in Python: that is `**`.",
        "write the power with two stars",
    ),
    Row(
        r"NotImplementedError: \"bitwise_xor_cpu\" not implemented",
        "`^` is not a power in Python: that is `**`.",
        "write the power with two stars",
    ),
    Row(
        r"NotImplementedError: \"bitwise_(\w+?)_cpu\" not implemented for '(\w+)'",
        "`{0}` on tensors is for booleans and whole numbers, and that tensor is of kind {1}. Comparisons on either "
        "side of `&` or `|` need round brackets.",
        VALUE,
    ),
    Row(
        r"NotImplementedError: \"(\w+?)(?:_cpu)?\" not implemented for '(\w+)'",
        "torch can't do `{0}` with a tensor of kind {1}.",
        DTYPE,
    ),
    Row(
        r"NotImplementedError",
        "That line is the stub's, and ends the function.",
        "delete it where your own code does its work",
        line=r"raise NotImplementedError",
    ),
    Row(
        r"NotImplementedError: You must implement either the backward or vjp",
        "That `torch.autograd.Function` has no `backward`: write it as a static method beside `forward`.",
        CALL,
    ),
    # the truth of a tensor
    Row(
        r"Boolean value of Tensor with (?:more than one|no) value|truth value of an array with more than one",
        "`if`, `while`, `and`, `or` and `not` need one yes or no, and comparing tensors gives one for each entry.",
        "say for each entry what to do (`torch.where` does), or for all of them (`.all()`, `.any()`)",
    ),
    # recording and going backward
    Row(
        r"element 0 of tensors does not require grad and does not have a grad_fn",
        "What you go backward from has no recorded graph: no tensor that it was made of required grad, or the "
        "recording was cut (`detach`, `.data`, `no_grad`, `item`, a comparison).",
        TRACKED,
    ),
    Row(
        r"Can't call numpy\(\) on Tensor that requires grad",
        "NumPy can't follow gradients, so a tensor that requires grad does not become an array. Torch has the same "
        "functions; to leave the graph on purpose, `detach()` first.",
        TRACKED,
    ),
    Row(
        r"a (?:view of a )?leaf Variable that requires grad is being used in an in-place operation",
        "A leaf that requires grad may not be changed in place (`+=`, `-=`, `x[0] = …`, names that end in `_`) while "
        "torch records.",
        "make a new tensor, or do the update where nothing is recorded",
    ),
    Row(
        r"modified by an inplace operation",
        "A value that the backward pass needs was changed in place after it was recorded (`+=`, `x[0] = …`, a name "
        "that ends in `_`).",
        "make a new tensor there, and leave the old one as it is",
    ),
    Row(
        r"Trying to backward through the graph a second time",
        "A graph can be gone through once: the first `backward()` frees what it saved. This is the second time.",
        GRAPH,
    ),
    Row(
        r"grad can be implicitly created only for scalar outputs",
        "Going backward starts from one number, and this tensor has several.",
        "make one number of it first (a sum, or one entry), or say what arrives at each entry",
    ),
    Row(
        r"(?:O|o)nly Tensors of floating point (?:and complex )?dtype can require gradients",
        "A tensor of whole numbers can't carry a gradient: it takes floating-point numbers.",
        "see to it that the tensor is a floating-point one, whatever comes in",
    ),
    Row(
        r"you can only change requires_grad flags of leaf variables",
        "`requires_grad` can be switched on leaves alone, and that tensor was computed from others.",
        TRACKED,
    ),
    Row(
        r"appears to not have been used in the graph",
        "The result was not computed from the tensor that you ask the gradient for: no path of the graph leads to it.",
        GRAPH,
    ),
    Row(r"can't retain_grad on Tensor", "`retain_grad()` needs a tensor that requires grad.", TRACKED),
    Row(
        r"assigned grad expected to be a Tensor or None but got grad of type '?(?:<class ')?(\w+)",
        "`.grad` takes a tensor or None, and it was given a value of type {0}.",
        VALUE,
    ),
    Row(
        r"assign a gradient of size '(.*?)' to a tensor of size '(.*?)'",
        "A gradient has its tensor's shape: this one is {0}, the tensor {1}.",
        SHAPE,
    ),
    Row(
        r"function \w+ returned an incorrect number of gradients \(expected (\d+), got (\d+)\)",
        "`backward` returns one gradient for each input of `forward`: {0} here, and it returned {1}.",
        CALL,
    ),
    Row(
        r"function \w+ returned an invalid gradient at index (\d+) - got (.*?) but expected shape compatible with (.*)",
        "`backward` returned a gradient of shape {1} where the input has the shape {2}.",
        SHAPE,
    ),
    Row(
        r"save_for_backward can only save variables, but argument \d+ is of type (\w+)",
        "`save_for_backward` keeps tensors alone; put a {0} on `ctx` itself.",
        VALUE,
    ),
    Row(
        r"attribute '(\w+)' of 'torch\._C\.\w+' objects is not writable",
        "`.{0}` can't be set: torch keeps it.",
        VALUE,
    ),
    Row(
        r"Expected f\(\*args\) to return a scalar",
        "`torch.func.grad` needs a function that gives one number, and this one gives several.",
        SHAPE,
    ),
    Row(
        r"Expected f\(\*args\) to return a Tensor, got (?:<class ')?(\w+)",
        "The function that is differentiated has to give a tensor, and gave a value of type {0}.",
        VALUE,
    ),
    Row(
        r"passed to transform API must be Tensor, got (?:<class ')?(\w+)",
        "`torch.func` differentiates at a tensor, and was given a value of type {0}.",
        VALUE,
    ),
    # tuples
    Row(
        r"'tuple' object has no attribute '(\w+)'",
        "That is a tuple, with one gradient for each input asked for, even if there is only one: take it out first.",
        VALUE,
        line=r"autograd\.grad\(|\bgrads?\b",
    ),
    Row(
        r"'(tuple|list|dict|set|str)' object has no attribute '(\w+)'",
        "What stands before `.{1}` is a {0}, and a {0} has none.",
        VALUE,
    ),
    Row(
        r"can't multiply sequence by non-int of type '(\w+)'",
        "One side of the `*` is a list, a tuple or a string: that can't be scaled by a number of type {0}. "
        "(`torch.autograd.grad` gives a tuple.)",
        VALUE,
    ),
    Row(
        _ARITHMETIC + r"(?:'(?:tuple|list|dict|str|set)' and|'\w+' and '(?:tuple|list|dict|str|set)')",
        "One side of the `{0}` is a tuple, a list or a text, which is no number and no tensor.",
        VALUE,
    ),
    Row(
        r"can only concatenate (str|list|tuple) \(not \"(\w+)\"\) to",
        "`+` joins a {0} to another {0}, and the other side is of type {1}.",
        VALUE,
    ),
    Row(
        _ARITHMETIC + r"'(.+)' and '(.+)'",
        "`{0}` does not work between a value of type {1} and one of type {2}.",
        VALUE,
    ),
    Row(r"bad operand type for (?:unary )?(\S+): '(\w+)'", "`{0}` does not work on a value of type {1}.", VALUE),
    # numbers where tensors are needed, and the other way round
    Row(
        r"TypeError: (\w+)\(\): argument '(\w+)' \(position \d+\) must be Tensor, not (\w+)",
        "`torch.{0}` needs a tensor, and got a value of type {2}. For plain numbers there is `math`.",
        VALUE,
        line=r"torch\.|\bF\.",
    ),
    Row(
        r"TypeError: (\w+)\(\): argument '(\w+)' \(position (\d+)\) must be (.+), not (.+)",
        "The argument `{1}` of `{0}` has to be {3}, and it got {4}.",
        VALUE,
    ),
    Row(
        r"AttributeError: '(float|int)' object has no attribute '(\w+)'",
        "That is a plain number, and `.{1}` is for tensors. (`.item()` gives a plain number.)",
        VALUE,
    ),
    Row(
        r"AttributeError: 'numpy\.\w+' object has no attribute '(\w+)'",
        "That is NumPy's, which has no `.{0}`: gradients are for torch's tensors.",
        VALUE,
    ),
    Row(r"TypeError: must be real number, not (\w+)", "`math` works on plain numbers, and got a {0}.", VALUE),
    Row(
        r"only one element tensors can be converted|a Tensor with (\d+) elements cannot be converted to Scalar"
        r"|only (?:length-1|0-dimensional) arrays can be converted",
        "A tensor of several entries can't become one plain number (`float`, `int`, `.item()`, the functions of "
        "`math`, `torch.tensor` of a list of tensors).",
        SHAPE,
    ),
    Row(r"type Tensor doesn't define __round__", "`round` is for single numbers; tensors have `torch.round`.", VALUE),
    Row(
        r"expected Tensor as element \d+ in argument 0, but got (\w+)",
        "That joins tensors, and got a list that holds a value of type {0}.",
        VALUE,
    ),
    Row(r"expected np\.ndarray \(got (\w+)\)", "`torch.from_numpy` takes a NumPy array, and got a {0}.", VALUE),
    Row(r"Could not infer dtype of (\w+)", "A tensor can't be made of a value of type {0}.", VALUE),
    Row(
        r"new\(\): data must be a sequence \(got (\w+)\)",
        "`torch.Tensor(...)` with a capital T does not take a {0}; `torch.tensor(...)` does.",
        VALUE,
    ),
    Row(r"new\(\): invalid data type '(\w+)'", "A tensor can't be made of a value of type {0}.", VALUE),
    # shapes
    Row(
        r"shapes cannot be multiplied \((\w+) and (\w+)\)",
        "A matrix product of {0} and {1} does not work out: the columns of the first must be as many as the rows of "
        "the second.",
        SHAPE,
    ),
    Row(
        r"size mismatch, got input \((\d+)\), mat \((\w+)\), vec \((\d+)\)",
        "A matrix of {1} can't be multiplied by a vector of {2}: its columns must be as many as the vector's entries.",
        SHAPE,
    ),
    Row(
        r"expected tensor \[(\d+)\] and src \[(\d+)\] to have the same number of elements",
        "A product of two vectors needs as many entries in both: they have {0} and {1}.",
        SHAPE,
    ),
    Row(
        r"The size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\) at non-singleton dimension (\d+)",
        "The two shapes don't fit: along axis {2} one has {0} entries, the other {1}.",
        SHAPE,
    ),
    Row(
        r"operands could not be broadcast together with shapes (\(.*?\)) (\(.*?\))",
        "The two shapes don't fit: {0} and {1}.",
        SHAPE,
    ),
    Row(
        r"matmul: Input operand 1 has a mismatch.*\(size (\d+) is different from (\d+)\)",
        "The matrix product does not work out: {1} columns on the left, {0} rows on the right.",
        SHAPE,
    ),
    Row(
        r"both arguments to matmul need to be at least 1D, but they are (\d+)D and (\d+)D",
        "`@` needs vectors or matrices on both sides: these have {0} and {1} axes. Single numbers multiply with `*`.",
        SHAPE,
    ),
    Row(
        r"mat2 must be a matrix", "`mm` multiplies two matrices, and the second is none; `@` takes vectors too.", SHAPE
    ),
    Row(
        r"shape '(.*?)' is invalid for input of size (\d+)",
        "A tensor of {1} entries can't take the shape {0}, which holds another number of them.",
        SHAPE,
    ),
    Row(
        r"stack expects each tensor to be equal size, but got (\[.*?\]) at entry 0 and (\[.*?\])",
        "`stack` needs tensors of one shape: these are {0} and {1}.",
        SHAPE,
    ),
    Row(r"stack expects a non-empty|expected a non-empty list", "The list of tensors is empty for this input.", RANGE),
    Row(
        r"zero-dimensional tensor \(at position \d+\) cannot be concatenated",
        "`cat` joins along an axis, and single numbers have none: `stack` makes one.",
        SHAPE,
    ),
    Row(
        r"Dimension out of range \(expected to be in range of \[(-?\d+), (-?\d+)\], but got (-?\d+)\)",
        "The tensor has no axis {2}: its axes are {0} to {1} for this input.",
        SHAPE,
    ),
    Row(
        r"index (-?\d+) is out of bounds for (?:dimension|axis) (\d+) with size (\d+)",
        "There is no entry {0}: axis {1} has {2} entries, counted from 0.",
        RANGE,
    ),
    Row(r"invalid index of a 0-dim tensor", "That tensor is a single number, without entries to take.", SHAPE),
    Row(
        r"iteration over a 0-d tensor|len\(\) of a 0-d tensor",
        "That tensor is a single number, without entries.",
        SHAPE,
    ),
    Row(
        r"Target size \((.*?)\) must be the same as input size \((.*?)\)",
        "The two shapes don't fit: {0} and {1}.",
        SHAPE,
    ),
    Row(
        r"expected sequence of length (\d+) at dim (\d+) \(got (\d+)\)",
        "The rows of a tensor are equally long: here one has {0} entries, another {2}.",
        VALUE,
    ),
    Row(
        r"split_sizes to sum exactly to (\d+).*split_sizes=(\[.*?\])",
        "The sizes {1} don't add up to the {0} entries that there are.",
        RANGE,
    ),
    # dtypes
    Row(
        r"expected (?:both vectors|m1 and m2) to have (?:the )?same dtype, but (?:found|got:) (\w+) (?:and|!=) (\w+)",
        "The two tensors are of different kinds, {0} and {1}: make one like the other (`.to(other.dtype)`).",
        DTYPE,
    ),
    Row(
        r"must have the same dtype, but got (\w+) and (\w+)",
        "The two tensors are of different kinds, {0} and {1}: make one like the other (`.to(other.dtype)`).",
        DTYPE,
    ),
    Row(
        r"expected target dtype to be Long or Byte, but got (\w+)|expected scalar type Long but found (\w+)",
        "Labels are whole numbers (int64) there, and these are floating-point numbers.",
        DTYPE,
    ),
    Row(
        r"Found dtype (\w+) but expected (\w+)|expected scalar type (\w+) but found (\w+)"
        r"|result type (\w+) can't be cast to the desired output type (\w+)",
        "The two tensors are of different kinds: torch does not mix whole numbers and floating-point ones there.",
        DTYPE,
    ),
    Row(
        r"mean\(\): could not infer output dtype.*Got: (\w+)",
        "A mean of whole numbers ({0}) is none of their kind: make the tensor a floating-point one first.",
        DTYPE,
    ),
    Row(
        r"all elements of input should be between 0 and 1",
        "That loss takes probabilities, numbers from 0 to 1, and got something else.",
        RANGE,
    ),
    Row(r"input matrix is singular|LinAlgError: Singular matrix", "That matrix has no inverse for this input.", RANGE),
    # Python's containers and loops
    Row(
        r"(?:not enough|too many) values to unpack \(expected (\d+)(?:, got (\d+))?\)",
        "The left side of the `=` names {0} values, and the right side has another number of them.",
        VALUE,
    ),
    Row(
        r"cannot unpack non-iterable (\w+) object|'(\w+)' object is not iterable",
        "That is one value, which can't be taken apart or gone through.",
        VALUE,
    ),
    Row(
        r"IndexError: (list|tuple|string) (?:assignment )?index out of range",
        "There is no such place in the {0}: places are counted from 0, and it has fewer.",
        RANGE,
    ),
    Row(r"KeyError: (.+)", "There is no key {0} in that dict.", NAME),
    Row(r"'(\w+)' object is not subscriptable", "Square brackets take an entry, and a {0} has none.", VALUE),
    Row(r"object of type '(\w+)' has no len\(\)", "A {0} has no length.", VALUE),
    Row(
        r"'(\w+)' object cannot be interpreted as an integer|(?:slice|list) indices must be integers",
        "A whole number is needed there.",
        VALUE,
    ),
    Row(r"'(\w+)' object does not support item assignment", "An entry of a {0} can't be changed.", VALUE),
    Row(r"'[<>]=?' not supported between instances of '(.+)' and '(.+)'", "A {0} and a {1} can't be compared.", VALUE),
    Row(
        r"startswith first arg must be str or a tuple of str, not (\w+)",
        "`startswith` takes a string or a tuple.",
        VALUE,
    ),
    Row(r"arg is an empty sequence|iterable argument is empty", "There is nothing in it for this input.", RANGE),
    Row(r"could not convert string to float|invalid literal for int", "That text is no number.", VALUE),
    Row(
        r"dictionary changed size during iteration", "A dict can't grow or shrink while a loop goes through it.", VALUE
    ),
    Row(
        r"RecursionError",
        "A function calls itself without end: nothing stops it for this input.",
        "say when it is done, and make every call come nearer to that",
    ),
    Row(r"StopIteration", "`next` was asked for one more than there are.", RANGE),
    Row(r"AssertionError", "An `assert` of your own says no.", RANGE, line=r"^assert\b"),
    Row(r"SystemExit", "`exit` ends Python: an answer returns instead.", CALL),
    Row(r"MemoryError|not enough memory", "That asks for more memory than there is.", SHAPE),
)

_COMPILED = [(re.compile(row.message, re.DOTALL), re.compile(row.line) if row.line else None, row) for row in ROWS]
_ALIASES = {
    "np": "numpy as np",
    "F": "torch.nn.functional as F",
    "nn": "torch.nn as nn",
    "plt": "matplotlib.pyplot as plt",
}
_OFTEN_IMPORTED = {
    "math",
    "random",
    "torch",
    "numpy",
    "functools",
    "itertools",
    "copy",
    "operator",
    "statistics",
    "collections",
}


def explained(error: Raised) -> Explanation:
    """What is certain about `error`, and the next step."""
    text = f"{error.kinds[0]}: {error.message}"
    line = error.line.text if error.line else ""
    found = _about_a_name(error) or _about_an_attribute(error)
    if found:
        return found
    for message, where, row in _COMPILED:
        match = message.search(text)
        if match and (where is None or where.search(line)):
            groups = [group[:60] if group else "" for group in match.groups()]
            return Explanation(row.says.format(*groups), row.then)
    return Explanation("", NEUTRAL)


def _about_a_name(error: Raised) -> Explanation | None:
    found = re.fullmatch(r"name '(\w+)' is not defined", error.message.partition(". Did you")[0])
    if error.kinds[0] != "NameError" or not found:
        return None
    name = found[1]
    if name in _OFTEN_IMPORTED or name in _ALIASES:
        return Explanation(f"`{name}` was not imported: `import {_ALIASES.get(name, name)}` comes first.", NAME)
    homes = [module.__name__ for module in (torch, math) if hasattr(module, name)]
    if homes:
        names = " or ".join(f"`{home}.{name}`" for home in homes)
        return Explanation(f"`{name}` alone is no name here; there is {names}.", NAME)
    if error.near:
        return Explanation(f"There is no `{name}` here; `{error.near}` is near.", NAME)
    return Explanation(f"Nothing is called `{name}` where that line runs.", NAME)


def _about_an_attribute(error: Raised) -> Explanation | None:
    found = re.search(r"^(?:'(\S+)' object|module '(\S+)'|type object '(\S+)') has no attribute '(\w+)'", error.message)
    if error.kinds[0] != "AttributeError" or not found or not error.near:
        return None
    *_, name = found.groups()
    thing = f"module `{found[2]}`" if found[2] else f"{found[1] or found[3]}"
    if thing in ("float", "int", "NoneType", "tuple", "list", "builtin_function_or_method", "method"):
        return None  # the wrong kind of thing, more likely than a slip of the pen
    return Explanation(f"A {thing} has no `.{name}`; it has `.{error.near}`.", NAME)
