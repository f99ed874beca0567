package io.nightjar.actor;

import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.DowningProvider;
import org.apache.pekko.cluster.sbr.SplitBrainResolver;
import org.apache.pekko.cluster.sbr.SplitBrainResolverSettings;
import scala.Option;
import scala.Some;
import scala.concurrent.duration.FiniteDuration;

/**
 * Pekko's split-brain resolver with {@link CrashAwareStrategy}, named in {@code conf/pekko.conf}. Its times are Pekko's
 * own settings: {@code pekko.cluster.split-brain-resolver.stable-after} and {@code down-removal-margin}.
 */
public final class CrashAwareDowning extends DowningProvider {
    private final ActorSystem system;

    public CrashAwareDowning(ActorSystem system) {
        this.system = system;
    }

    @Override
    public FiniteDuration downRemovalMargin() {
        String path = "pekko.cluster.down-removal-margin";
        if ("off".equals(system.settings().config().getString(path))) {
            return settings().DowningStableAfter();
        }
        return FiniteDuration.fromNanos(
                system.settings().config().getDuration(path).toNanos());
    }

    @Override
    public Option<Props> downingActorProps() {
        Cluster cluster = Cluster.get(system);
        CrashAwareStrategy strategy = new CrashAwareStrategy(
                cluster.selfDataCenter(), cluster.selfUniqueAddress(), CrashAwareStrategy::refuses);
        return Some.apply(SplitBrainResolver.props(settings().DowningStableAfter(), strategy));
    }

    private SplitBrainResolverSettings settings() {
        return new SplitBrainResolverSettings(system.settings().config());
    }
}
