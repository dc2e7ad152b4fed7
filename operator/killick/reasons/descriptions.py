"""What each reason means, by the group in which the reference lists it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from killick.reasons import Reason

DESCRIPTIONS: Final[Mapping[str, Mapping[Reason, str]]] = {
    "All is well, or there is nothing to do": {
        Reason.HEALTHY: "Everything that this condition covers works.",
        Reason.CHECK_PENDING: "No check has finished yet; the next one reports.",
        Reason.PENDING: "The operator has not read this yet.",
        Reason.ADOPTED: (
            "Git's value and the champion alias name the same version, so "
            "automation may act."
        ),
        Reason.NOTHING_TO_ADOPT: (
            "The spec declares neither a registry nor a repository."
        ),
        Reason.NO_CHAMPION: (
            "The registry has no champion alias yet; the first proven version "
            "becomes it."
        ),
        Reason.NOT_NEEDED: "No drift episode is open, so no retraining is needed.",
        Reason.NOTHING_TO_PROMOTE: "No version has passed an evaluation yet.",
        Reason.NOT_OBSERVED: (
            "Nothing observes the deployment: what landed in Git counts as deployed."
        ),
        Reason.NO_HOLD: "No hold stops automation.",
        Reason.RUNNING: "A Job is running.",
        Reason.SEARCHING: (
            "The training ended; the operator searches the registry for its version."
        ),
        Reason.BETTER: (
            "The candidate is better than the champion with 95 % confidence."
        ),
        Reason.PROMOTED: "The version is in Git and is the champion.",
        Reason.NO_PROMOTION: (
            "The version passed its evaluation, and spec.promotion is not set."
        ),
        Reason.NO_EVALUATION: (
            "The training registered a version, and spec.evaluation is not set."
        ),
        Reason.ALREADY_CHAMPION: "A person made the candidate the champion.",
    },
    "Automation waits": {
        Reason.SUSPENDED: (
            "spec.suspend is true: nothing new starts. Running Jobs are still followed."
        ),
        Reason.MODE_OBSERVE: "spec.mode is Observe: the operator changes nothing.",
        Reason.RECOMMENDED: (
            "spec.mode is Recommend: the message says what Act would do."
        ),
        Reason.HELD: "A hold stops automation until a person releases it.",
        Reason.NOT_ADOPTED: (
            "The condition Adopted is not True yet; its message says why."
        ),
        Reason.DELETING: "The object is being deleted.",
        Reason.COOLDOWN: (
            "spec.retraining.cooldown has not passed since the last attempt started."
        ),
        Reason.BUDGET_EXHAUSTED: (
            "spec.retraining.budget allows no further attempt in this period."
        ),
        Reason.NOT_ENOUGH_ROWS: (
            "More rows must arrive before the window or the versions can be judged."
        ),
        Reason.UNREADABLE: "A system does not answer; the operator waits for it.",
        Reason.SEARCH_INCOMPLETE: (
            "The registry has too many versions to search for the attempt; remove "
            "old ones."
        ),
        Reason.TEMPLATE_MISSING: (
            "The CronJob in spec.retraining.job.cronJobRef does not exist; create it."
        ),
        Reason.TEMPLATE_NOT_SUSPENDED: (
            "The CronJob in spec.retraining.job.cronJobRef runs by itself; suspend it."
        ),
    },
    "Holds": {
        Reason.VALUE_CHANGED: "Someone else changed the value in Git.",
        Reason.ALIAS_MOVED: "Someone else moved the champion alias.",
        Reason.PROMOTION_REVERTED: (
            "Someone reverted a promotion; the operator does not repeat it."
        ),
        Reason.CANDIDATES_REJECTED: (
            "Three candidates in a row were rejected; check the training."
        ),
        Reason.HISTORY_TOO_DEEP: (
            "Git's history is too long to be sure that the promotion is not in it."
        ),
    },
    "Attempts, evaluations and promotions without a result": {
        Reason.JOB_FAILED: (
            "The Job failed. The pod's own reason, such as OOMKilled, replaces this "
            "one."
        ),
        Reason.JOB_VANISHED: (
            "Someone deleted the training Job before it registered a version."
        ),
        Reason.TIMEOUT: "The Job ran longer than the spec allows and was stopped.",
        Reason.NO_VERSION: (
            "The training succeeded and registered no version; see the training "
            "contract."
        ),
        Reason.SPEC_CHANGED: "The part of the spec that started this changed.",
        Reason.BELOW_MINIMUM: "The candidate's score is below spec.evaluation.minimum.",
        Reason.ABOVE_MAXIMUM: "The candidate's error is above spec.evaluation.maximum.",
        Reason.NOT_BETTER: (
            "The improvement's 95 % interval does not lie above minimumImprovement."
        ),
        Reason.NOT_PROVEN: "The evaluation that proved this version no longer applies.",
        Reason.NOT_OURS: (
            "After the status was lost: no commit of Killick set the value in Git."
        ),
        Reason.NO_SCORE: "The evaluation reported no score of the candidate.",
        Reason.NO_INTERVAL: "The evaluation reported no interval of the improvement.",
        Reason.HOLDOUT_OVERLAP: (
            "A version does not say which rows it was trained on; set its tag "
            "killick.dev/train-before."
        ),
        Reason.ROWS_CHANGED: (
            "The evaluation compared other rows than those its container rows wrote. "
            "It is repeated; if it lasts, look at who can write to the pod's volumes."
        ),
        Reason.NO_ANSWER: "The pod ended without an answer; read its log.",
        Reason.BROKEN_ANSWER: (
            "The pod's answer cannot be read: its image and the operator differ in "
            "version."
        ),
        Reason.PUSH_REJECTED: (
            "A hook or a protection of the Git server rejected the push."
        ),
        Reason.PUSH_UNKNOWN: (
            "The push was interrupted; Git's history is searched before the next one."
        ),
    },
    "Systems and permissions": {
        Reason.NAMESPACE_NOT_GRANTED: (
            "The operator has no permission in this namespace; run kubectl apply "
            "-n NAMESPACE -k deploy/tenant."
        ),
        Reason.INVALID_SPEC: (
            "The spec cannot be acted on; the message says what to write."
        ),
        Reason.UNKNOWN_SCHEMA_VERSION: (
            "Another version of Killick wrote the status; this one reads and writes "
            "nothing."
        ),
        Reason.TARGET_CONFLICT: (
            "An older object has the same value in Git or the same champion alias; "
            "this object only checks."
        ),
        Reason.NAME_TAKEN: (
            "An object with the name that Killick needs belongs to someone else; "
            "rename or delete it."
        ),
        Reason.POD_CANNOT_START: (
            "A pod waits for its image or its configuration; the message names it."
        ),
        Reason.CHECK_STALE: "A check is overdue; look at the CronJob and its pods.",
        Reason.HOST_NOT_ALLOWED: (
            "The operator's settings do not allow this host; ask its administrator."
        ),
        Reason.SECRET_MISSING: "A Secret that the spec names does not exist.",
        Reason.SECRET_INCOMPLETE: "A Secret that the spec names lacks a key.",
        Reason.SECRET_UNREADABLE: (
            "A Secret that the spec names contains bytes that are not text."
        ),
        Reason.NO_TRACKING_URI: (
            "Neither the spec nor the operator's settings name an MLflow server."
        ),
        Reason.NO_REPOSITORY: "The spec names no Git repository.",
        Reason.MODEL_MISSING: (
            "The registry has no such model; register its first version."
        ),
        Reason.VERSION_MISSING: "The registry has no such version.",
        Reason.VALUE_ALIAS_DISAGREE: (
            "Git's value and the champion alias name different versions; make them "
            "agree."
        ),
        Reason.VALUE_NOT_OURS: (
            "The value in Git does not have the form of spec.promotion.git.value."
        ),
        Reason.REGISTRY_UNREACHABLE: "MLflow does not answer.",
        Reason.REGISTRY_UNAUTHORIZED: "MLflow refuses the credentials.",
        Reason.REGISTRY_CONFLICT: "MLflow holds the value of another writer.",
        Reason.REGISTRY_REFUSED: (
            "MLflow refuses the request, or the address or its answer is not "
            "acceptable."
        ),
        Reason.REGISTRY_ERROR: "MLflow reported another error; the message has it.",
        Reason.GIT_UNREACHABLE: "The Git server does not answer.",
        Reason.GIT_TIMED_OUT: "The Git server takes too long.",
        Reason.GIT_UNAUTHORIZED: "The Git server refuses the credentials.",
        Reason.GIT_BRANCH_MISSING: "The repository has no such branch.",
        Reason.GIT_TARGET_INVALID: (
            "The repository's address or branch is not acceptable."
        ),
        Reason.GIT_PUSH_NOT_POSSIBLE: (
            "The repository can be read and accepts no push; check the token's "
            "permissions."
        ),
        Reason.GIT_CONTENDED: (
            "Other writers won every race for the branch; the push is repeated."
        ),
        Reason.GIT_ERROR: "The Git server reported another error; the message has it.",
        Reason.API_SERVER_UNREACHABLE: "The Kubernetes API server does not answer.",
        Reason.API_SERVER_UNAVAILABLE: (
            "The Kubernetes API server answered with an error of its own."
        ),
        Reason.UNAVAILABLE: "A system does not answer; the operator tries again.",
        Reason.CONFLICT: (
            "Someone else wrote at the same time; the operator reads again."
        ),
        Reason.REFUSED: (
            "The Kubernetes API server refused the request, for example because of "
            "a quota."
        ),
        Reason.NOT_FOUND: "The Kubernetes API server has no such object.",
    },
    "The values file: nothing is written until a person fixes it": {
        Reason.FILE_MISSING: "The file does not exist on this branch.",
        Reason.NOT_A_REGULAR_FILE: "The path leads to a link, a folder or a submodule.",
        Reason.PATH_NOT_ALLOWED: "The path leads out of the repository.",
        Reason.TOO_LARGE: "The file is larger than Killick reads.",
        Reason.TOO_DEEP: "The file is nested deeper than Killick reads.",
        Reason.TOO_MANY_NODES: "The file has more nodes than Killick reads.",
        Reason.TOO_MANY_ALIASES: "The file has more YAML aliases than Killick reads.",
        Reason.TOO_MANY_DOCUMENTS: "The file has more than one YAML document.",
        Reason.NOT_TEXT: "The file is not UTF-8 text.",
        Reason.NOT_YAML: "The file is not YAML.",
        Reason.KEY_MISSING: "The JSON pointer leads to no value.",
        Reason.KEY_AMBIGUOUS: "The JSON pointer leads to more than one value.",
        Reason.MERGE_INHERITED: "The value comes from a YAML merge (<<); write it out.",
        Reason.SHARED_ANCHOR: "The value belongs to a YAML anchor; write it out.",
        Reason.NOT_A_SCALAR: "The value is a list or a mapping.",
        Reason.BLOCK_SCALAR: (
            "The value is a block of several lines; write it on one line."
        ),
        Reason.EMPTY_VALUE: "The value is empty; write it on one line.",
        Reason.POINTER_INVALID: "spec.promotion.git.jsonPointer is not a JSON pointer.",
        Reason.VALUE_INVALID: "YAML cannot hold the new value on one line.",
        Reason.PROOF_FAILED: "The edit would change more than this value.",
        Reason.NOTHING_TO_CHANGE: "The value is the new one already.",
        Reason.HISTORY_TOO_FAR: (
            "The commit that the promotion was decided on is too far back to search "
            "from."
        ),
    },
    "Events": {
        Reason.EPISODE_OPENED: "Drift persists: a drift episode opened.",
        Reason.EPISODE_CLOSED: "The drift episode closed; the message has its outcome.",
        Reason.RETRAINING_STARTED: "A retraining attempt started.",
        Reason.CANDIDATE_REGISTERED: "The training registered a version.",
        Reason.RETRAINING_FAILED: "A retraining attempt failed.",
        Reason.EVALUATION_PASSED: "The candidate passed its evaluation.",
        Reason.EVALUATION_REJECTED: "The candidate did not pass its evaluation.",
        Reason.EVALUATION_INCONCLUSIVE: "The evaluation could not decide.",
        Reason.PROMOTION_PROPOSED: "A commit that promotes the version is intended.",
        Reason.PROMOTION_LANDED: "The commit that promotes the version is in Git.",
        Reason.PROMOTION_DEPLOYED: "The promoted version counts as deployed.",
        Reason.PROMOTION_DONE: "The champion alias moved to the promoted version.",
        Reason.PROMOTION_SUPERSEDED: "The promotion is not wanted any more.",
        Reason.HOLD_OPENED: "Automation stops until a person releases the hold.",
        Reason.HOLD_RELEASED: "A person released the hold.",
        Reason.RELEASED: (
            "The object is being deleted; a Warning names what is left behind."
        ),
    },
    "The operator's log and command line": {
        Reason.LEASE_MISSING: "The Lease for leader election does not exist.",
        Reason.NOT_LEADING: "Another replica holds the Lease.",
        Reason.NO_EXECUTOR: "The operator has a bug: nothing carries out this effect.",
        Reason.UNEXPECTED: (
            "The operator has a bug: a pass ended by an unexpected error; read its log."
        ),
        Reason.ERROR: "An error without a reason of its own.",
        Reason.OPERATOR_RUNS: (
            "An operator still runs somewhere and puts its finalizer back."
        ),
        Reason.STILL_THERE: "An object is being deleted and is not gone yet.",
    },
}
