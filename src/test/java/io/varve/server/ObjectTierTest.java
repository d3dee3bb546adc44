package io.varve.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.config.ConfigLoader;
import io.varve.config.ConfigLoader.Mode;
import io.varve.config.ConfigSources;
import io.varve.config.VarveConfig;
import io.varve.tier.CacheSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ObjectTierTest {
    @TempDir
    Path directory;

    private VarveConfig.Tier tier(Map<String, String> settings) throws Exception {
        var flags = new HashMap<>(settings);
        flags.put("varve.data.dir", directory.toString());
        return ConfigLoader.load(Mode.DEV, new ConfigSources(flags, Map.of(), Map.of(), null, Map.of()))
                .tier();
    }

    @Test
    void everySettingOfTheCacheArrives() throws Exception {
        CacheSettings settings = ObjectTier.cacheSettings(tier(Map.of(
                "varve.tier.chunk-bytes", "16777216",
                "varve.tier.read-ahead-chunks", "3",
                "varve.tier.cache.memory-bytes", "33554432",
                "varve.tier.cache.disk-bytes", "7")));

        assertThat(settings.chunkBytes()).isEqualTo(16 << 20);
        assertThat(settings.maxReadAheadBytes()).isEqualTo(48 << 20);
        assertThat(settings.maxReadBytes()).isEqualTo(16 << 20);
        assertThat(settings.memoryBytes()).isEqualTo(32 << 20);
        assertThat(settings.diskBytes()).isEqualTo(7);
    }

    @Test
    void aCacheThatHoldsNoChunkStopsTheStartWithWords() throws Exception {
        VarveConfig.Tier tier =
                tier(Map.of("varve.tier.chunk-bytes", "4194304", "varve.tier.cache.memory-bytes", "1048576"));

        assertThatThrownBy(() -> ObjectTier.cacheSettings(tier))
                .isInstanceOfSatisfying(
                        StartupException.class, e -> assertThat(e.exitCode()).isEqualTo(2))
                .hasMessageContaining("varve.tier.cache.memory-bytes=1048576")
                .hasMessageContaining("varve.tier.chunk-bytes=4194304");
    }
}
