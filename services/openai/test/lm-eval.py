"""Has lm-evaluation-harness score a folder by itself and through a server: lm-eval.py FOLDER URL TASKS < TEXTS

Makes three tasks of the lines of TEXTS in the folder TASKS (the last word of a line, a line or the same with its words
turned round, one of four endings), and prints JSON: for each task and way a list with the log-likelihood of each request
and whether it is the greedy answer, with the task's accuracy, and the seconds that it took.
"""

import json
import random
import sys
import time
from pathlib import Path

import lm_eval
from lm_eval.tasks import TaskManager

COMMON = "task: {task}\ndataset_path: json\ndataset_kwargs:\n  data_files:\n    test: {file}\ntest_split: test\n"
TASKS = {
    "last_word": (
        'output_type: loglikelihood\ndoc_to_text: "{{begin}}"\ndoc_to_target: " {{last}}"\n'
        "metric_list:\n  - metric: acc\n    aggregation: mean\n    higher_is_better: true\n"
    ),
    "pairs": (
        'output_type: multiple_choice\ndoc_to_text: ""\ndoc_to_target: 0\ndoc_to_choice: "{{[good, bad]}}"\n'
        "metric_list:\n  - metric: acc\n    aggregation: mean\n    higher_is_better: true\n"
    ),
    "endings": (
        'output_type: multiple_choice\ndoc_to_text: "{{begin}}"\ndoc_to_target: "{{label}}"\n'
        'doc_to_choice: "{{endings}}"\n'
        "metric_list:\n  - metric: acc\n    aggregation: mean\n    higher_is_better: true\n"
    ),
}


def write_tasks(folder: Path, lines: list[str]) -> None:
    random.seed(3)
    words = [line.split() for line in lines]
    rows = {
        "last_word": [{"begin": " ".join(each[:-1]), "last": each[-1]} for each in words],
        "pairs": [{"good": " ".join(each), "bad": " ".join(each[::-1])} for each in words],
        "endings": [],
    }
    for each in words:
        half = len(each) // 2
        label = random.randrange(4)
        endings = [" " + " ".join(random.choice(words)[-4:]) for _ in range(4)]
        endings[label] = " " + " ".join(each[half:])
        rows["endings"].append({"begin": " ".join(each[:half]), "endings": endings, "label": label})
    for task, body in TASKS.items():
        file = folder / f"{task}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows[task]))
        (folder / f"{task}.yaml").write_text(COMMON.format(task=task, file=file) + body)


def main() -> None:
    model, url, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    write_tasks(folder, sys.stdin.read().splitlines())
    ways = {
        "hf": ("hf", f"pretrained={model},dtype=float32,device=cpu,max_length=256"),
        "server": (
            "local-completions",
            f"base_url={url}/v1/completions,model=scored,tokenizer={model},max_length=256,num_concurrent=1",
        ),
    }
    found = {}
    for way, (kind, args) in ways.items():
        began = time.monotonic()
        result = lm_eval.simple_evaluate(
            model=kind, model_args=args, tasks=list(TASKS), batch_size=16, log_samples=True, bootstrap_iters=0,
            task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        )  # fmt: skip
        seconds = time.monotonic() - began
        found[way] = {"seconds": seconds, "tasks": {}}
        for task in TASKS:
            samples = sorted(result["samples"][task], key=lambda sample: sample["doc_id"])
            responses = [response[0] for sample in samples for response in sample["resps"]]
            scores = [[float(each[0]), str(each[1]) == "True"] for each in responses]
            found[way]["tasks"][task] = {"scores": scores, "acc": result["results"][task]["acc,none"]}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
