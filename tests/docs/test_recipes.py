"""Dockerfile, workflows and recipes of the docs pass the linters and schemas of their tools."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from mockserver.settings import DEFAULT_PORT, OPTIONS
from tests.support.processes import environment

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PAGES = (ROOT / "docs/how-to/ci.md", ROOT / "docs/how-to/docker.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
YAML_RULES = json.dumps(
    {
        "extends": "default",
        "rules": {
            "braces": {"max-spaces-inside": 0},
            "comments": {"min-spaces-from-content": 1},
            "document-start": "disable",
            "line-length": {"max": 100},
            "truthy": {"check-keys": False},
        },
    },
)
SCHEMAS = {
    "tests.yml": "vendor.github-workflows",
    "ci.yml": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
    "compose.yaml": "vendor.compose-spec",
}


@dataclass(frozen=True)
class Recipe:
    """A fenced block of a page; its first line is a comment with the file name."""

    page: str
    number: int
    language: str
    text: str

    @property
    def file(self) -> str:
        """File name without its folder."""
        return self.text.partition("\n")[0].removeprefix("# ").rpartition("/")[2]

    def __str__(self) -> str:
        """Return the id of the parametrized test."""
        return f"{self.page}-{self.number}-{self.language}"

    def write(self, folder: Path) -> Path:
        """Write the block to a file."""
        path = folder / (self.file if self.language == "yaml" else "Dockerfile")
        path.write_text(self.text, encoding="utf-8")
        return path


RECIPES = [
    Recipe(page.stem, number, *fence.groups())
    for page in PAGES
    for number, fence in enumerate(FENCE.finditer(page.read_text(encoding="utf-8")))
]
YAML = [recipe for recipe in RECIPES if recipe.language == "yaml"]
GITHUB = ROOT / ".github"
WORKFLOWS = sorted(GITHUB.glob("workflows/*.yml"))
FORMS = sorted(
    set(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"}
)
CONFIGURATION = {
    GITHUB / "dependabot.yml": "vendor.dependabot",
    GITHUB / "ISSUE_TEMPLATE/config.yml": "vendor.github-issue-config",
    **dict.fromkeys(WORKFLOWS, "vendor.github-workflows"),
    **dict.fromkeys(FORMS, "vendor.github-issue-forms"),
}
"""Files for GitHub, and the schema of each."""


def tool(*words: object) -> None:
    """Run a tool of the development environment, which must succeed."""
    name, *rest = map(str, words)
    process = subprocess.run(
        [BIN / name, *rest],
        capture_output=True,
        check=False,
        env=environment({"NO_COLOR": "1"}),
        text=True,
    )
    assert process.returncode == 0, process.stdout + process.stderr


def test_dockerfile_passes_its_linter() -> None:
    tool("hadolint", ROOT / "Dockerfile")


def test_dockerfile_exposes_the_default_port() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("EXPOSE")] == [f"EXPOSE {DEFAULT_PORT}"]


def test_dockerfile_sets_known_variables_only() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    known = {option.variable for option in OPTIONS.values()}
    assert set(re.findall(r"\bKUSTOM_MOCK_\w+", text)) <= known


@pytest.mark.parametrize("file", CONFIGURATION, ids=lambda file: file.name)
def test_github_file_passes_its_schema_and_linter(file: Path) -> None:
    tool("check-jsonschema", "--builtin-schema", CONFIGURATION[file], file)
    tool("yamllint", "--strict", "--config-data", YAML_RULES, file)


def test_workflows_and_dependabot_are_safe() -> None:
    files = (*WORKFLOWS, GITHUB / "dependabot.yml")
    tool("zizmor", "--offline", "--quiet", "--config", GITHUB / "zizmor.yml", *files)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_workflow_runs_targets_of_the_makefile(workflow: Path) -> None:
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    run = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    targets = re.findall(
        r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert {command.removeprefix("make ") for command in run} <= set(targets)


def test_pre_commit_hooks_are_tools_of_the_environment() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    commands = {hook["entry"].split()[0] for hook in hooks}
    assert commands == {".venv/bin/ruff", ".venv/bin/mypy"}


@pytest.mark.parametrize("recipe", YAML, ids=str)
def test_yaml_recipe_passes_its_linter_and_schema(recipe: Recipe, tmp_path: Path) -> None:
    file = recipe.write(tmp_path)
    tool("yamllint", "--strict", "--config-data", YAML_RULES, file)
    if recipe.file in SCHEMAS:
        tool("check-jsonschema", "--builtin-schema", SCHEMAS[recipe.file], file)
    else:
        assert yaml.safe_load(recipe.text)["apiVersion"]


@pytest.mark.parametrize("recipe", YAML, ids=str)
def test_yaml_recipe_has_default_port_and_known_variables(recipe: Recipe) -> None:
    known = {option.variable for option in OPTIONS.values()}
    assert set(re.findall(r"\bKUSTOM_MOCK_\w+", recipe.text)) <= known
    assert set(re.findall(r"\b8\d{3}\b", recipe.text)) <= {str(DEFAULT_PORT)}


@pytest.mark.parametrize("recipe", [r for r in YAML if r.file == "tests.yml"], ids=str)
def test_workflow_recipe_is_safe(recipe: Recipe, tmp_path: Path) -> None:
    folder = tmp_path / ".github/workflows"
    folder.mkdir(parents=True)
    config = ROOT / ".github/zizmor.yml"
    tool("zizmor", "--offline", "--quiet", "--config", config, recipe.write(folder))


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.language == "dockerfile"], ids=str)
def test_dockerfile_recipe_passes_its_linter(recipe: Recipe, tmp_path: Path) -> None:
    tool("hadolint", "--ignore", "DL3008", recipe.write(tmp_path))


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.language == "python"], ids=str)
def test_python_recipe_passes_its_linter(recipe: Recipe, tmp_path: Path) -> None:
    file = tmp_path / "conftest.py"
    file.write_text(recipe.text, encoding="utf-8")
    tool("ruff", "check", "--isolated", "--select", "E,F,I,UP,B", "--line-length", "96", file)


@pytest.mark.parametrize("recipe", [r for r in RECIPES if r.language == "sh"], ids=str)
def test_shell_recipe_is_valid_shell(recipe: Recipe) -> None:
    subprocess.run(["/bin/sh", "-n"], input=recipe.text, text=True, check=True)
