"$@" & P=$!; M=0
while kill -0 $P 2>/dev/null; do
 T=0; L=""; for p in $P $(pgrep -P $P); do r=$(awk '/VmRSS/{print $2}' /proc/$p/status 2>/dev/null); T=$((T+${r:-0})); L="$L $((${r:-0}/1024))"; done
 [ $T -gt $M ] && M=$T && B="$L"; sleep 0.05
done; echo "peak of all $((M/1024)) MiB = $B"
