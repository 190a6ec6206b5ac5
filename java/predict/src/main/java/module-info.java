/** What a model is, and answering its rows; plain Java. What has {@code internal} in its name is for pacnet's own modules. */
module org.pacnet.predict {
  requires com.fasterxml.jackson.databind;
  requires java.management;
  requires jdk.management;
  requires org.apache.commons.numbers.gamma;
  requires transitive org.jspecify;

  exports org.pacnet.config;
  exports org.pacnet.data;
  exports org.pacnet.error;
  exports org.pacnet.predict;
  exports org.pacnet.internal.base to
      org.pacnet,
      org.pacnet.report,
      org.pacnet.cli,
      org.pacnet.spark;
  exports org.pacnet.internal.correction to
      org.pacnet;
  exports org.pacnet.internal.format to
      org.pacnet,
      org.pacnet.report;

  opens org.pacnet.config to
      com.fasterxml.jackson.databind;
  opens org.pacnet.data to
      com.fasterxml.jackson.databind;
  opens org.pacnet.internal.format to
      com.fasterxml.jackson.databind;
}
