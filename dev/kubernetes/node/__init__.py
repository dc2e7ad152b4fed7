"""A development node: it runs pods as ordinary local processes.

Jobs and CronJobs go through the real scheduler and controllers, and only the
last step, starting the containers, is done here. What differs from a real
kubelet, on purpose:

- An image is a name for a virtual environment and search paths (`launch/images.py`);
  nothing is pulled. An unknown name waits in ImagePullBackOff.
- There are no mount namespaces. A volume is a real directory below the node's
  own, and each mention of its mount path in command, arguments, working
  directory and environment values is rewritten to it (`launch/paths.py`). A path that
  a program has hard-coded is not rewritten. TMPDIR points at a volume mounted
  at /tmp. The termination message file is named by TERMINATION_LOG_PATH.
- Processes run as the node's own user, see the machine's files and its network.
  Security contexts are accepted, because Pod Security admission judged them,
  and not enforced. Memory limits are (by watching), CPU and disk limits are not.
- A pod that asks for something the node cannot honour fails with the reason
  UnsupportedField and the name of the field, instead of running differently.
- Containers are never run twice: what ran when the node itself died is Failed.
"""
