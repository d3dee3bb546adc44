package io.varve;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import io.varve.tier.ObjectStore;
import org.junit.jupiter.api.Test;

/** Holds the arrows of ARCHITECTURE.md: they point only downwards. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.varve");

    @Test
    void arrowsPointOnlyDownwards() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("main")
                .definedBy("io.varve")
                .layer("cli")
                .definedBy("io.varve.cli..")
                .layer("http")
                .definedBy("io.varve.http..")
                .layer("server")
                .definedBy("io.varve.server..")
                .layer("wire")
                .definedBy("io.varve.wire..")
                .layer("broker")
                .definedBy("io.varve.broker..")
                .layer("log")
                .definedBy("io.varve.log..")
                .layer("group")
                .definedBy("io.varve.group..")
                .layer("replica")
                .definedBy("io.varve.replica..")
                .layer("tier")
                .definedBy("io.varve.tier..")
                .layer("cluster")
                .definedBy("io.varve.cluster..")
                .layer("metadata")
                .definedBy("io.varve.metadata..")
                .layer("config")
                .definedBy("io.varve.config..")
                .layer("observe")
                .definedBy("io.varve.observe..")
                .whereLayer("main")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("cli")
                .mayOnlyBeAccessedByLayers("main")
                .whereLayer("http")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("server")
                .mayOnlyBeAccessedByLayers("cli", "http")
                .whereLayer("wire")
                .mayOnlyBeAccessedByLayers("server")
                .whereLayer("broker")
                .mayOnlyBeAccessedByLayers("wire", "http", "server")
                .whereLayer("log")
                .mayOnlyBeAccessedByLayers("broker", "server")
                .whereLayer("group")
                .mayOnlyBeAccessedByLayers("broker", "server")
                .whereLayer("tier")
                .mayOnlyBeAccessedByLayers("log", "broker", "server", "cli")
                .whereLayer("replica")
                .mayOnlyBeAccessedByLayers("log", "broker", "server")
                .whereLayer("cluster")
                .mayOnlyBeAccessedByLayers("replica", "tier", "log", "group", "broker", "http", "server")
                .whereLayer("metadata")
                .mayOnlyBeAccessedByLayers("cluster", "replica", "tier", "log", "group", "broker", "server")
                .whereLayer("config")
                .mayOnlyBeAccessedByLayers("cli", "http", "server")
                .because("a part may only use what lies below it: see ARCHITECTURE.md")
                .check(CLASSES);
    }

    @Test
    void partsHaveNoCycles() {
        SlicesRuleDefinition.slices()
                .matching("io.varve.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void onlyTheEdgeKnowsTheContainer() {
        ArchRuleDefinition.noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.varve", "io.varve.http..", "io.varve.server..", "io.varve.cli..", "io.varve.config..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.quarkus..", "jakarta..", "io.smallrye..")
                .because("everything else must run in a simulation without it")
                .check(CLASSES);
    }

    @Test
    void onlyTheSweeperDeletesObjects() {
        ArchRuleDefinition.noClasses()
                .that()
                .haveNameNotMatching("io\\.varve\\.tier\\.Sweeper(\\$.*)?")
                .and()
                .areNotAssignableTo(ObjectStore.class)
                .should()
                .callMethod(ObjectStore.class, "delete", String.class)
                .because("rule 8: only the sweeper deletes objects")
                .check(CLASSES);
    }
}
