#!/bin/bash
# Start a program, or a whole systemd, on a throw-away copy of this machine; nothing of the host is
# written. The copy is an overlay of / in new namespaces; what it writes lies in WORK.
#
#   boot.sh systemd WORK [BASE]        a real systemd as process 1, without a network
#   boot.sh run WORK BASE COMMAND...   one command, with the host's network; BASE keeps what it writes
#
# BASE is a folder whose opt/keepmum the copy has (a release made once); with OWN=FOLDER that folder
# itself is the copy's /opt/keepmum, to be written to. Needs root, and the packages systemd and dbus.
# systemctl in the copy:
#   nsenter -t PID -m -p -n -u -i -C systemctl ...
set -e
mode=$1 work=$2 base=${3:-}
mkdir -p "$work/layer" "$work/root" ${base:+"$base"}

overlay() {
    mount --make-rprivate /
    mount -t tmpfs tmpfs "$work/layer"
    mkdir -p "$work/layer/upper" "$work/layer/work"
    mount -t overlay overlay -o "lowerdir=/,upperdir=$1,workdir=$2" "$work/root"
    # a mount of its own, not a layer: BASE lies below /, and layers must not overlap
    mkdir -p "$work/root/opt/keepmum" "$work/layer/opt" "$work/layer/opt.work"
    if [ -n "$OWN" ]; then
        mount --bind "$OWN" "$work/root/opt/keepmum"
    elif [ -n "$base" ]; then
        mount -t overlay overlay "$work/root/opt/keepmum" \
            -o "lowerdir=$base/opt/keepmum,upperdir=$work/layer/opt,workdir=$work/layer/opt.work"
    fi
}

if [ "$mode" = run ]; then
    shift 3
    export work base
    # the files written are kept: the upper layer is BASE itself, so there is no third layer
    exec unshare --mount --pid --fork --kill-child bash -c '
        set -e
        mount --make-rprivate /
        mkdir -p "$base" "$base.work"
        mount -t overlay overlay -o "lowerdir=/,upperdir=$base,workdir=$base.work" "$work/root"
        cd "$work/root"
        mount -t proc proc proc
        mount --rbind /dev dev
        mount --rbind /sys sys
        for folder in "$@"; do [ "$folder" = -- ] && break; mount --rbind "$folder" ".$folder"; done
        while [ "$1" != -- ]; do shift; done; shift
        exec chroot . "$@"' boot "$@"
fi

# a folder in the second hierarchy of control groups, to be the root of the new one's
unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
group=$unified/keepmum-test-$$
mkdir -p "$group"
echo $$ > "$group/cgroup.procs"
export work base OWN=${OWN:-}
export -f overlay
exec unshare --mount --pid --net --uts --ipc --cgroup --fork --kill-child bash -c '
set -e
overlay "$work/layer/upper" "$work/layer/work"
cd "$work/root"
mount -t proc proc proc
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t sysfs sysfs sys
umount sys/fs/cgroup 2>/dev/null || true
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
# nodes of its own: whatever changes the mode of one in there must not reach those out here
for node in "null 1 3" "zero 1 5" "full 1 7" "random 1 8" "urandom 1 9" "tty 5 0" "console 1 3"; do
    set -- $node
    mknod -m 666 dev/$1 c $2 $3
done
mkdir -p dev/shm dev/pts
mount -t tmpfs tmpfs dev/shm
mount -t devpts devpts dev/pts -o newinstance,ptmxmode=0666
ln -sf pts/ptmx dev/ptmx
mount -t tmpfs tmpfs run
rm -rf etc/systemd/system/*.wants etc/systemd/system/default.target
# multi-user.target itself: units are enabled into it as on a speaker; the rest of it stays away
ln -s /lib/systemd/system/multi-user.target etc/systemd/system/default.target
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-logind.service getty.target \
    tmp.mount systemd-tmpfiles-clean.timer systemd-networkd.service systemd-resolved.service \
    systemd-timesyncd.service cron.service ssh.service; do
    ln -sf /dev/null etc/systemd/system/$unit
done
rm -rf lib/systemd/system/multi-user.target.wants lib/systemd/system/sysinit.target.wants/*
ln -s ../systemd-journald.service lib/systemd/system/sysinit.target.wants/
mkdir -p .host
pivot_root . .host
umount -l /.host
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --log-target=console --log-level=info --show-status=false
'
