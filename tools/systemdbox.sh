#!/bin/sh
# Boot a real systemd in a box beside the running system: tools/systemdbox.sh DIR
# It sees the whole file system through an overlay that forgets every change, and has its own processes, network, host name
# and control groups. Needs root on Linux, with overlayfs and cgroup2. Prints nothing; ends when systemd or the caller does.
set -eu
box=$(cd "$1" && pwd)
export box
exec unshare --mount --pid --fork --kill-child --uts --ipc --net --propagation private sh -euc '
    mount -t tmpfs none "$box"
    mkdir "$box/changes" "$box/work" "$box/root" "$box/groups"
    mount -t cgroup2 none "$box/groups"
    group=$box/groups/hawknest-box-$(basename "$box")
    mkdir -p "$group"
    echo 0 > "$group/cgroup.procs"
    mount -t overlay -o "lowerdir=/,upperdir=$box/changes,workdir=$box/work" none "$box/root"
    cd "$box/root"
    exec unshare --cgroup sh -euc "
        mount -t proc proc proc
        mount --bind proc/sys proc/sys
        mount -o remount,bind,ro proc/sys
        mount -t sysfs -o ro sysfs sys
        mount -t cgroup2 none sys/fs/cgroup
        mount -t tmpfs -o mode=755 none run
        mount -t tmpfs -o mode=755 none dev
        mkdir dev/pts dev/shm
        for name in null zero full random urandom tty; do : > dev/\$name; mount --bind /dev/\$name dev/\$name; done
        mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
        ln -s pts/ptmx dev/ptmx
        ln -s /proc/self/fd dev/fd
        ip link set lo up
        pivot_root . mnt
        umount -l /mnt
        exec env -i container=hawknest-box PATH=/usr/sbin:/usr/bin:/sbin:/bin \
            /usr/lib/systemd/systemd --system --unit=basic.target --log-target=null --show-status=no
    "
'
