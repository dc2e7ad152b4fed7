"""From one container of a pod to a running process, and to its end."""
