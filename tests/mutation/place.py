"""How a mutant gets into a running process: as the code of its function, or as its whole module.

Nothing is written to the checkout. A function is the same object for everybody who imported it, so
that giving it other code is enough; what runs at import needs a fresh process, where `on_import`
puts the changed module in the place of the real one.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, FunctionType, ModuleType

from tests.mutation.operators import MODULE, Mutant, mutated
from tests.mutation.parts import ROOT, module_of


def in_function(source: str, mutant: Mutant) -> bool:
    """Give the function of the mutant its code; False where only a fresh process will do."""
    if mutant.scope == MODULE:
        return False
    path = str(ROOT / mutant.file)
    whole = compile(mutated(source, mutant), path, "exec", dont_inherit=True)
    codes = {_key(code): code for code in _codes(whole)}
    for function in _functions(sys.modules[module_of(mutant.file)]):
        key = _key(function.__code__)
        if key[0] == mutant.scope and key in codes:
            code = codes[key]
            if code.co_freevars == function.__code__.co_freevars and key[1] <= mutant.first:
                function.__code__ = code
                return True
    return False


def on_import(source: str, mutant: Mutant) -> None:
    """Have the mutant's module imported with the change in it."""
    sys.meta_path.insert(0, _Finder(module_of(mutant.file), source, mutant))


def _key(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of functions of a module and of its classes."""
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield one
            if "<locals>" not in one.co_qualname:
                yield from _codes(one)


def _functions(owner: ModuleType | type) -> Iterator[FunctionType]:
    for value in list(vars(owner).values()):
        if isinstance(value, type) and value.__module__ == _name(owner):
            yield from _functions(value)
        for one in (value, *(getattr(value, name, None) for name in ("fget", "fset", "__func__"))):
            inner = getattr(one, "__wrapped__", one)
            if isinstance(inner, FunctionType):
                yield inner


def _name(owner: ModuleType | type) -> str:
    return owner.__module__ if isinstance(owner, type) else owner.__name__


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, code: CodeType) -> None:
        super().__init__(name, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        """The changed code instead of the file's."""
        return self._code


class _Finder(MetaPathFinder):
    def __init__(self, module: str, source: str, mutant: Mutant) -> None:
        self._module = module
        self._path = str(ROOT / mutant.file)
        self._code = compile(mutated(source, mutant), self._path, "exec", dont_inherit=True)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The changed module, and only that one."""
        if fullname != self._module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        assert spec is not None
        spec.loader = _Loader(fullname, self._path, self._code)
        return spec
